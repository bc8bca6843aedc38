// One running part of the project (backend, gateway): started as a process group, known to be up by the line it prints, stopped or
// killed as a whole. `local-processes.ts` lists the parts and their names.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";

/** A part that has not said it is up after this long will not: the slowest takes about 5 s on a busy machine. */
const readyTimeoutMs = 60_000;
/** What a part may take to stop by itself before it is killed. */
const stopTimeoutMs = 3_000;

export interface Part {
  readonly name: string;
  /** Where it listens, without a trailing slash. */
  readonly url: string;
  /** The head of its process group. */
  readonly pid: number;
  /** Settles when the part has ended, however that came about. */
  readonly exited: Promise<Exit>;
  /** Everything it printed, newest last: what a failing test shows. */
  readonly output: readonly string[];
  /** Ends it and everything it started. Safe to call again. */
  stop(): Promise<void>;
  /** Sends the signal to every process of the part and waits until it has ended. SIGKILL takes the runtime down mid-write. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface PartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Matches the line that says it is up; group 1 is its URL. */
  readonly ready: RegExp;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Resolves once the part is up; rejects with its output when it ends before, or takes too long. */
export async function startPart(options: PartOptions): Promise<Part> {
  const { name, command, args, env, ready, onLine } = options;
  const child = spawn(process.execPath, [join(import.meta.dirname, "process-group.ts"), command, ...args], {
    cwd: join(import.meta.dirname, "../.."),
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${name}`);

  const output: string[] = [];
  let foundUrl: (url: string) => void;
  const url = new Promise<string>((resolve) => {
    foundUrl = resolve;
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (raw) => {
      const line = stripVTControlCharacters(raw).trimEnd();
      if (line === "") return;
      output.push(line);
      onLine?.(line);
      const match = ready.exec(line);
      if (match?.[1] !== undefined) foundUrl(match[1]);
    });
  }

  const exited = once(child, "exit").then(([code, signal]: unknown[]) => {
    signalGroup(pid, "SIGKILL"); // Whatever the head left behind.
    return { code, signal } as Exit;
  });
  const kill = async (signal: NodeJS.Signals) => {
    signalGroup(pid, signal);
    await exited;
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), stopTimeoutMs);
    await kill("SIGTERM");
    clearTimeout(timer);
  };

  let timer: NodeJS.Timeout | undefined;
  const readyUrl = await Promise.race([
    url,
    exited.then(({ code }) => new Error(`${name} ended at once (exit code ${code})`)),
    new Promise<Error>((resolve) => {
      timer = setTimeout(resolve, readyTimeoutMs, new Error(`${name} was not up after ${readyTimeoutMs / 1000} s`));
    }),
  ]).finally(() => clearTimeout(timer));
  if (readyUrl instanceof Error) {
    await stop();
    // Whoever listens to its lines has seen them.
    throw new Error([readyUrl.message, ...(onLine === undefined ? output : [])].join("\n  "));
  }
  return { name, url: readyUrl, pid, exited, output, stop, kill };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // The group has ended: what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
