/** The built program as its own process: what an operator sees. Builds first, as the start script expects. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { optionsFromEnv } from "../src/options.ts";
import { SseReader } from "./support/sse.ts";

const folder = join(import.meta.dirname, "..");
const built = join(folder, "dist", "under-test");
const running: ChildProcess[] = [];

beforeAll(() => {
  // Beside the real build: a running backend must not see its files change.
  execFileSync("npm", ["run", "build", "--silent", "--", `--outdir=${built}`], { cwd: folder });
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

interface Run {
  child: ChildProcess;
  output: () => string;
  line: Promise<string>;
  exit: Promise<number | null>;
}

function run(env: Record<string, string>): Run {
  const child = spawn(process.execPath, [join(built, "main.js")], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
  });
  running.push(child);
  let output = "";
  const { promise: line, resolve } = Promise.withResolvers<string>();
  const hear = (data: Buffer): void => {
    output += data.toString();
    if (output.includes("\n")) resolve(output.slice(0, output.indexOf("\n")));
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  return { child, output: () => output, line, exit: once(child, "close").then(([code]) => code as number | null) };
}

describe("main", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "says where it listens, answers, and stops cleanly on %s",
    async (signal) => {
      const { child, line, exit, output } = run({ PORT: "0" });
      const url = /^backend listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(await line)?.[1];
      expect(url).toBeDefined();
      const reader = await SseReader.open(`${url}/model/chat?prompt=hello`);
      await reader.until(({ type }) => type === "delta");
      child.kill(signal);
      expect(await exit).toBe(0);
      expect((await reader.end()).at(-1)?.type).toMatch(/^(?:error|done)$/);
      expect(output().trim().split("\n")).toHaveLength(1);
    },
  );

  test("names the port when it is taken, and exits with 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { exit, output } = run({ PORT: String(port) });
    expect(await exit).toBe(1);
    expect(output()).toBe(`backend: port ${port} is taken; set PORT to another one\n`);
    other.close();
  });

  test("names a bad setting, and exits with 1", async () => {
    const { exit, output } = run({ HOLD_MS: "soon" });
    expect(await exit).toBe(1);
    expect(output()).toBe("backend: bad setting: HOLD_MS: a whole number\n");
  });
});

describe("settings", () => {
  test("have defaults, also where a variable is empty", () => {
    expect(optionsFromEnv({ PORT: "", HOLD_MS: "" })).toMatchObject({
      host: "127.0.0.1",
      port: 8788,
      provider: "guide",
      resumable: {},
    });
  });

  test("come from the environment", () => {
    expect(
      optionsFromEnv({
        PORT: "0",
        PROVIDER: "openai",
        HOLD_MS: "0",
        OPENAI_BASE_URL: "https://models.example/v1",
        OPENAI_API_KEY: "k",
        OPENAI_MODELS: "a, b",
      }),
    ).toMatchObject({
      port: 0,
      provider: "openai",
      resumable: { holdMs: 0 },
      openai: { baseUrl: "https://models.example/v1", apiKey: "k", models: ["a", "b"] },
    });
  });

  test.each([
    { OPENAI_BASE_URL: "http://127.0.0.1:9000/v1" },
    { GATEWAY_JWKS_URL: "http://[::1]:8787/jwks.json" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" },
    { OPENAI_BASE_URL: "http://ollama:11434/v1", ALLOW_HTTP: "yes" },
  ])("%j is taken", (env) => {
    expect(optionsFromEnv(env)).toMatchObject({ port: 8788 });
  });

  test.each<[Record<string, string>, string]>([
    [{ PORT: "70000" }, "PORT"],
    [{ PROVIDER: "other" }, "PROVIDER"],
    [{ PROVIDER: "openai" }, "OPENAI_BASE_URL"],
    [{ OPENAI_BASE_URL: "ftp://secret-host" }, "OPENAI_BASE_URL"],
    [{ OPENAI_BASE_URL: "http://secret-host/v1" }, "OPENAI_BASE_URL: .*ALLOW_HTTP=yes"],
    [{ GATEWAY_JWKS_URL: "http://secret-host/jwks.json" }, "GATEWAY_JWKS_URL: .*ALLOW_HTTP=yes"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1.secret-host" }, "OTEL_EXPORTER_OTLP_ENDPOINT: .*ALLOW_HTTP=yes"],
    [{ OPENAI_BASE_URL: "http://secret-host", ALLOW_HTTP: "true" }, "ALLOW_HTTP"],
  ])("%j is refused by name", (env, name) => {
    expect(() => optionsFromEnv(env)).toThrow(new RegExp(name));
    expect(() => optionsFromEnv(env)).not.toThrow(/secret-host/);
  });
});

test("the gateway's keys are an address, and an audience means nothing without it", () => {
  expect(optionsFromEnv({ GATEWAY_JWKS_URL: "https://chat.example.com/.well-known/jwks.json" }).gateway).toMatchObject({
    jwksUrl: "https://chat.example.com/.well-known/jwks.json",
    allowHttp: false,
  });
  expect(() => optionsFromEnv({ GATEWAY_JWKS_URL: "chat.example.com" })).toThrow("GATEWAY_JWKS_URL");
  expect(() => optionsFromEnv({ GATEWAY_AUDIENCE: "x" })).toThrow("GATEWAY_AUDIENCE");
  expect(optionsFromEnv({}).gateway).toBeUndefined();
});
