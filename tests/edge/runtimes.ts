/** The four runtimes that the bridge is held to, each as near to its platform as it can be had here. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Part, startPart } from "../../scripts/lib/local-process.ts";
import { startGateway } from "../../scripts/lib/local-processes.ts";

/** Short, so that a stall costs a second; long enough for a busy machine to answer what is answered. */
const vars = {
  AUTH: "none",
  HEARTBEAT_MS: "100",
  // Longer than any test: what ends a call that waits for headers is what the test does.
  HEADERS_TIMEOUT_MS: "60000",
  FIRST_TOKEN_TIMEOUT_MS: "5000",
  SILENCE_TIMEOUT_MS: "1000",
  BACKOFF_BASE_MS: "5",
  BACKOFF_MAX_MS: "20",
  SIMULATE_CHUNK_MS: "20",
};

export type StartRuntime = (nestBase: string, more: Readonly<Record<string, string>>) => Promise<Part>;

const bin = join(import.meta.dirname, "../../node_modules/.bin");
const host = (name: string) => join(import.meta.dirname, "hosts", `${name}.ts`);

function startHost(name: string, command: string, args: readonly string[]): StartRuntime {
  return (nestBase, more) =>
    startPart({
      name,
      command,
      args: [...args, host(name)],
      env: { ...vars, NEST_BASE: nestBase, ...more, NO_COLOR: "1" },
      ready: /ready on (http:\/\/\S+)/,
    });
}

const startWorker: StartRuntime = async (nestBase, more) => {
  const persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-bridge-"));
  const part = await startGateway({ backendUrl: nestBase, vars: { ...vars, ...more }, persistTo });
  return {
    ...part,
    stop: async () => {
      await part.stop();
      await rm(persistTo, { recursive: true, force: true });
    },
  };
};

export const start = {
  "Worker (workerd)": startWorker,
  "Vercel, edge runtime": startHost("vercel-edge", process.execPath, []),
  "Vercel, Node.js": startHost("vercel-node", process.execPath, []),
  "Netlify (Deno)": startHost("netlify", join(bin, "deno"), [
    "run",
    "--quiet",
    "--allow-net",
    "--allow-env",
    "--allow-read",
    "--no-config",
  ]),
} as const satisfies Record<string, StartRuntime>;
