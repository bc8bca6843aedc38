// `npm start`: backend, gateway and page on this machine, nothing else needed. PORT and BACKEND_PORT choose other ports.
import { startGateway } from "./lib/parts.ts";
import { runInTerminal } from "./lib/terminal.ts";

await runInTerminal({
  command: "npm start",
  defaultPort: 8787,
  start: startGateway,
  tidy(line) {
    // wrangler introduces itself with a table of bindings before it is ready.
    if (/^(Your Worker has access|Binding\s|env\.|⎔ Starting|\[wrangler:info\] Ready)/.test(line)) return undefined;
    return line.replace(/^(\[wrangler:\w+\]|⎔) /, "");
  },
});
