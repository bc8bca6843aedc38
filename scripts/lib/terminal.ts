// The backend and a gateway in one terminal, with one log: what `npm start` and `npm run dev:partykit` show, until Ctrl-C. With NEST_BASE
// in the environment the backend is the one that listens there, and none is started.
import { buildOrThrow } from "./build.ts";
import type { Part } from "./local-process.ts";
import { startBackend } from "./local-processes.ts";
import { isPortFree } from "./ports.ts";

interface StartOptions {
  readonly port: number;
  readonly backendUrl: string;
  /** Whether it is the backend of this repository. */
  readonly isOurBackend: boolean;
  readonly onLine: (line: string) => void;
}

interface Gateway {
  /** What the user typed: for messages. */
  readonly command: string;
  readonly defaultPort: number;
  readonly start: (options: StartOptions) => Promise<Part>;
  /** One line of the gateway's own output as the log shows it; undefined leaves it out. */
  readonly tidy: (line: string) => string | undefined;
}

/** Runs until a part ends or a signal comes, then ends the process. */
export async function runInTerminal(gateway: Gateway): Promise<void> {
  try {
    await run(gateway);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

async function run({ command, defaultPort, start, tidy }: Gateway): Promise<void> {
  const port = await portFrom("PORT", defaultPort, command);
  const theirs = process.env["NEST_BASE"] || undefined;
  const backendPort = theirs === undefined ? await portFrom("BACKEND_PORT", 8788, command) : 0;

  const parts: Part[] = [];
  let isStopping = false;
  const stopAndExit = async (code: number) => {
    if (isStopping) process.exit(code); // Asked twice: what is left is ended with this process.
    isStopping = true;
    await Promise.all(parts.map((part) => part.stop()));
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stopAndExit(0));

  for (const { name, seconds } of await buildOrThrow(["backend", "page"])) {
    if (seconds > 0) log(name, `built in ${seconds.toFixed(1)} s`);
  }
  let backendUrl = theirs;
  if (backendUrl === undefined) {
    const backend = await startBackend({ port: backendPort, onLine: (line) => log("backend", line) });
    parts.push(backend);
    backendUrl = backend.url;
  }
  parts.push(
    await start({
      port,
      backendUrl,
      isOurBackend: theirs === undefined,
      onLine(line) {
        const tidied = tidy(line);
        if (tidied !== undefined) log("gateway", tidied);
      },
    }),
  );
  console.log(`\n  Open http://127.0.0.1:${port}   (Ctrl-C stops)\n`);

  for (const part of parts) {
    part.exited
      .then(({ code, signal }) => {
        if (isStopping) return;
        log(part.name, `ended unexpectedly (${signal ?? `exit code ${code}`}): stopping`);
        return stopAndExit(1);
      })
      .catch(() => process.exit(1));
  }
}

async function portFrom(variable: string, preset: number, command: string): Promise<number> {
  const text = process.env[variable] ?? String(preset);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${variable}=${text} is no port: it takes a whole number from 1 to 65535.`);
  }
  if (!(await isPortFree(port))) {
    throw new Error(
      `Port ${port} is taken. Set ${variable} to another one, for example: ${variable}=${port + 10} ${command}`,
    );
  }
  return port;
}

function log(name: string, line: string): void {
  console.log(`${name.padEnd(8)} ${line}`);
}
