// `npm start` as a user meets it: one command, one log, one URL; a taken port said clearly; nothing left behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ownBuild } from "../../../scripts/lib/built-worker.ts";
import { isPortFree } from "../../../scripts/lib/ports.ts";

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

interface Started {
  readonly child: ChildProcess;
  /** All it printed so far. */
  readonly output: () => string;
  readonly exitCode: Promise<number | null>;
  readonly printed: (text: string) => Promise<void>;
}

const script = [process.execPath, "scripts/start.ts"] as const;

/** @param command what is run: the script itself, or npm with a shell between. */
function npmStart(env: Record<string, string>, [command, ...args]: readonly [string, ...string[]] = script): Started {
  const child = spawn(command, args, {
    cwd: join(import.meta.dirname, "../../.."),
    env: { ...process.env, ...ownBuild, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let output = "";
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const watcher of watchers) watcher();
    });
  }
  return {
    child,
    output: () => output,
    exitCode: once(child, "close").then(([code]) => code as number | null),
    printed: (text) =>
      new Promise((resolve) => {
        const watcher = () => {
          if (output.includes(text)) resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
  };
}

/** Two ports nobody listens on. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) ports.push(address.port);
  }
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports as [number, number];
}

describe("npm start", () => {
  test.for(["SIGINT", "SIGTERM"] as const)(
    "serves page and gateway at the URL it prints, and stops both on %s",
    async (signal) => {
      const [port, backendPort] = await freePorts();
      const { child, printed, exitCode, output } = npmStart({ PORT: String(port), BACKEND_PORT: String(backendPort) });
      const url = `http://127.0.0.1:${port}`;
      await printed(`Open ${url}`);

      expect(await (await fetch(url)).text()).toContain("<!doctype html>");
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
      await printed("GET /health 200");
      expect(output()).not.toMatch(/wrangler|Binding|localhost/);

      child.kill(signal);
      expect(await exitCode).toBe(0);
      expect([await isPortFree(port), await isPortFree(backendPort)]).toEqual([true, true]);
    },
  );

  test("with NEST_BASE starts no backend and asks the one there", async () => {
    const [port] = await freePorts();
    const asked: string[] = [];
    const theirs = createHttpServer((request, response) => {
      asked.push(request.url ?? "");
      response.end("{}");
    }).listen(0, "127.0.0.1");
    await once(theirs, "listening");
    const address = theirs.address();
    const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const { child, printed, exitCode, output } = npmStart({ PORT: String(port), NEST_BASE: base });
    await printed("Open ");
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
    expect(asked).toEqual(["/health"]);
    expect(output()).not.toContain("backend listening");
    child.kill("SIGINT");
    expect(await exitCode).toBe(0);
    theirs.close();
  });

  test("leaves nothing behind when it is killed itself", async () => {
    const [port, backendPort] = await freePorts();
    const { child, printed, exitCode } = npmStart({ PORT: String(port), BACKEND_PORT: String(backendPort) });
    await printed("Open ");
    child.kill("SIGKILL");
    await exitCode;
    await expect.poll(() => isPortFree(port)).toBe(true);
    await expect.poll(() => isPortFree(backendPort)).toBe(true);
  });

  test.for(["SIGINT", "SIGTERM"] as const)("stops everything when the npm process alone gets %s", async (signal) => {
    const [port, backendPort] = await freePorts();
    const env = { PORT: String(port), BACKEND_PORT: String(backendPort) };
    const { child, printed, exitCode } = npmStart(env, ["npm", "start"]);
    await printed("Open ");
    child.kill(signal);
    // The last process of the chain closes the output.
    await exitCode;
    expect([await isPortFree(port), await isPortFree(backendPort)]).toEqual([true, true]);
  });

  test.for(["PORT", "BACKEND_PORT"])("names a taken %s and the way to change it", async (variable) => {
    const [port, backendPort] = await freePorts();
    const taken = createServer().listen(variable === "PORT" ? port : backendPort, "127.0.0.1");
    await once(taken, "listening");
    const { exitCode, output } = npmStart({ PORT: String(port), BACKEND_PORT: String(backendPort) });
    expect(await exitCode).toBe(1);
    expect(output()).toContain(`is taken. Set ${variable} to another one, for example: ${variable}=`);
    taken.close();
  });

  test("refuses a port that is none", async () => {
    const { exitCode, output } = npmStart({ PORT: "http" });
    expect(await exitCode).toBe(1);
    expect(output()).toContain("PORT=http is no port");
  });
});
