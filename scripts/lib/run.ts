// Runs a command to its end. What long-running parts need is in local-process.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "node_modules/.bin");

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Collect what it prints instead of passing it on. */
  readonly quiet?: boolean;
  /** It may ask its user something. */
  readonly interactive?: boolean;
}

export interface RunResult {
  readonly ok: boolean;
  readonly seconds: number;
  /** With `quiet`: all it printed. */
  readonly output: string;
}

/** Runs one of this project's tools (the name of an npm executable), `node` or `npm` in the project's root folder. */
export async function run(tool: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const command = tool === "node" ? process.execPath : tool === "npm" ? "npm" : join(bin, tool);
  const start = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    stdio: [
      options.interactive ? "inherit" : "ignore",
      options.quiet ? "pipe" : "inherit",
      options.quiet ? "pipe" : "inherit",
    ],
    // The project's own Node comes first, also when a script is run without npm.
    env: {
      ...process.env,
      PATH: [bin, process.env["PATH"]].join(delimiter),
      ...(options.quiet ? { NO_COLOR: "1", FORCE_COLOR: undefined } : {}),
      ...options.env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { ok: code === 0, seconds: (performance.now() - start) / 1000, output };
}

/** "3.1 s" */
export const inSeconds = (seconds: number): string => `${seconds.toFixed(1)} s`;
