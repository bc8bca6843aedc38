// Loaded before `partykit dev`, which has no option for the address it listens on: the runtime, its page server and its inspector take
// every interface of the machine. This keeps all of them to 127.0.0.1.
import childProcess from "node:child_process";
import { registerHooks } from "node:module";
import { Server } from "node:net";

const loopback = "127.0.0.1";

// The runtime takes its address as an argument: --socket-addr=entry=0.0.0.0:1999.
const { spawn } = childProcess;
childProcess.spawn = ((command: string, args: readonly string[], options: object) =>
  spawn(
    command,
    Array.isArray(args) ? args.map((arg) => arg.replace("=0.0.0.0:", `=${loopback}:`)) : args,
    options,
  )) as typeof spawn;

// The inspector and the runtime's way back into this process listen here, with a port first or an options object.
const { listen } = Server.prototype;
Server.prototype.listen = function (this: Server, first: unknown, ...rest: unknown[]) {
  const isOptions = typeof first === "object" && first !== null;
  if (isOptions && !("port" in first)) return listen.call(this, first as object, ...(rest as []));
  const callback = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
  const options = isOptions ? first : { port: first === undefined ? 0 : Number(first) };
  return listen.call(this, { ...options, host: loopback }, callback);
} as typeof listen;

// The page is served by esbuild, which listens in a process of its own and is told where by its `serve` call.
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/node_modules/esbuild/lib/main.js")) return loaded;
    const source = `${String(loaded.source)}
      const start = module.exports.context;
      module.exports = { ...module.exports, async context(options) {
        // Its esbuild is older than our compile target and says so each time; partykit sets its own target.
        const made = await start({ logOverride: { "tsconfig.json": "silent" }, ...options });
        return { ...made, serve: (serveOptions) => made.serve({ host: "${loopback}", ...serveOptions }) };
      } };`;
    return { ...loaded, source };
  },
});
