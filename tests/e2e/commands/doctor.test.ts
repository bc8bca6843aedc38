/** `npm run doctor`: all well with the real backend and gateway, and the right fault named for backends that have one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backendChecks } from "../../../scripts/lib/doctor/backend-checks.ts";
import { ContractClient } from "../../../scripts/lib/doctor/contract-client.ts";
import { type Result, runChecks } from "../../../scripts/lib/doctor/findings.ts";
import { gatewayChecks } from "../../../scripts/lib/doctor/gateway-checks.ts";
import { run } from "../../../scripts/lib/run.ts";
import { type Flaw, flaws, startWrongBackend } from "../../support/backends/wrong-backend.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const examine = (url: string, holdMs?: number) =>
  runChecks(backendChecks(new ContractClient(url, {}), holdMs), () => undefined);
const wrongOnes = (results: readonly Result[]) => results.filter(({ finding }) => finding.kind === "wrong");
const named = (results: readonly Result[], kind: Result["finding"]["kind"]) =>
  results.filter(({ finding }) => finding.kind === kind).map(({ name }) => name);

describe("the real parts", () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await startTestStack({ backend: { env: { HOLD_MS: "300" } }, gateway: { vars: { MAX_ATTEMPTS: "1" } } });
  });
  afterAll(() => stack.stop());

  test("the example backend fits the contract in everything", async () => {
    const results = await examine(stack.backend.url);
    expect(results.filter(({ finding }) => finding.kind !== "ok")).toEqual([]);
    expect(results.length).toBeGreaterThan(10);
  });

  test("the gateway passes every check that a machine of one's own can pass", async () => {
    const target = { url: stack.url, room: "doctor-test", token: undefined };
    const results = await runChecks(gatewayChecks(target), () => undefined);
    expect(wrongOnes(results)).toEqual([]);
    // `npm start` signs nothing for its own backend.
    expect(named(results, "advice")).toEqual(["keys"]);
    // The local runtime does not say what time it is.
    expect(named(results, "skipped")).toEqual(["clock"]);
  });

  test("a gateway whose backend is down is told apart from one that is down itself", async () => {
    await stack.backend.stop();
    const target = { url: stack.url, room: "doctor-test-2", token: undefined };
    const results = await runChecks(gatewayChecks(target), () => undefined);
    expect(named(results, "wrong")).toEqual(["backend, from the gateway", "a question"]);
    expect(named(results, "ok")).toEqual(expect.arrayContaining(["WebSocket", "SSE", "poll"]));
    const nowhere = await runChecks(gatewayChecks({ ...target, url: "http://127.0.0.1:9" }), () => undefined);
    expect(named(nowhere, "wrong")).toEqual(["reachable"]);
  });
});

/** The check that must name the fault, and how loudly. */
const expected: Readonly<Record<Flaw, readonly [check: string, kind: "wrong" | "advice"]>> = {
  refuses: ["answers", "wrong"],
  "answers-201": ["answers", "advice"],
  "answers-whole": ["answers", "advice"],
  unnamed: ["events", "wrong"],
  "other-name": ["events", "wrong"],
  misfit: ["events", "wrong"],
  "no-done": ["events", "wrong"],
  buffers: ["streams", "wrong"],
  "no-ids": ["ids", "wrong"],
  "same-ids": ["ids", "wrong"],
  "runs-again": ["same key, same answer", "wrong"],
  "resumes-from-start": ["resume", "wrong"],
  "resumes-the-unknown": ["resume of what is unknown", "wrong"],
  "no-stop": ["stop", "wrong"],
  "stop-does-nothing": ["stop", "wrong"],
  "stop-of-unknown-404": ["stop of what is unknown", "wrong"],
  "accepts-anything": ["bad requests", "wrong"],
  "not-resumable": ["resume", "advice"],
  "ids-go-back": ["ids", "wrong"],
  "ids-are-words": ["ids", "advice"],
  "never-notices": ["stops when its reader leaves", "wrong"],
};

describe("a backend with one fault", () => {
  test.concurrent.each(flaws)("%s", async (flaw) => {
    const backend = await startWrongBackend(flaw);
    try {
      const results = await examine(backend.url, 0);
      const [check, kind] = expected[flaw];
      const found = results.filter(({ finding }) => finding.kind === "wrong" || finding.kind === "advice");
      expect(found.map(({ name, finding }) => [name, finding.kind])).toEqual([[check, kind]]);
      for (const { finding } of found) expect("fix" in finding && finding.fix.length).toBeGreaterThan(10);
    } finally {
      backend.close();
    }
  });

  test("without it, nothing is wrong", async () => {
    const backend = await startWrongBackend(undefined);
    expect((await examine(backend.url)).filter(({ finding }) => finding.kind !== "ok").map(({ name }) => name)).toEqual(
      ["stops when its reader leaves"],
    );
    backend.close();
  });

  test("who holds a generation for a time that nobody has told is not blamed for it", async () => {
    const backend = await startWrongBackend("never-notices");
    const results = await examine(backend.url);
    backend.close();
    expect(wrongOnes(results)).toEqual([]);
    expect(results.find(({ name }) => name === "stops when its reader leaves")?.finding).toMatchObject({
      kind: "skipped",
      why: expect.stringContaining("--hold-ms"),
    });
  });
});

test("the command says what to do, and ends with 1", async () => {
  const backend = await startWrongBackend("no-ids");
  const { ok, output } = await run("node", ["scripts/doctor.ts", "--backend", backend.url], { quiet: true });
  backend.close();
  expect(ok).toBe(false);
  expect(output).toContain("WRONG    ids: events have no id");
  expect(output).toContain("→ Give each event an increasing id");
  expect((await run("node", ["scripts/doctor.ts"], { quiet: true })).output).toContain("npm run doctor -- --url");
});
