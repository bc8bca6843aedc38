/** One trace from the client through the gateway to the backend, seen at all three. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Collector, startCollector } from "../../support/metrics/otlp-collector.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const clientSpan = "00f067aa0ba902b7";
let collector: Collector;
let stack: TestStack;
const lines: string[] = [];

beforeAll(async () => {
  collector = await startCollector();
  stack = await startTestStack({
    backend: { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } },
    gateway: { vars: { LOG_LEVEL: "debug" }, onLine: (line) => lines.push(line) },
  });
});

afterAll(async () => {
  await stack.stop();
  collector.close();
});

interface LogLine {
  readonly name: string;
  readonly operation?: string;
  readonly spanId?: string;
  readonly parentId?: string;
  readonly traceId?: string;
}

/** The gateway's log lines of the trace. */
function logged(): readonly LogLine[] {
  return lines.flatMap((line) => {
    const start = line.indexOf("{");
    if (start === -1 || !line.includes(traceId)) return [];
    return [JSON.parse(line.slice(start)) as LogLine];
  });
}

test("[O3] one trace id in the client, the gateway's log and the backend's spans, each below the one before", async () => {
  const response = await fetch(`${stack.url}/parties/chat/traced/turns`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      traceparent: `00-${traceId}-${clientSpan}-01`,
    },
    body: JSON.stringify({ turnId: "t-1", input: { prompt: "a question nobody should read" } }),
  });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('"type":"turn-end"');
  const backend = await collector.spanOf(traceId);
  await expect.poll(() => logged().map(({ name }) => name)).toContain("turn-settled");
  await expect.poll(() => logged().filter(({ name }) => name === "span").length).toBe(3);
  const request = logged().find(({ operation }) => operation === "request");
  const turn = logged().find(({ operation }) => operation === "turn");
  const call = logged().find(({ operation }) => operation === "call");
  expect(request).toMatchObject({ traceId, parentId: clientSpan });
  expect(turn).toMatchObject({ traceId, parentId: request?.spanId });
  expect(call).toMatchObject({ traceId, parentId: turn?.spanId });
  expect(backend).toMatchObject({ traceId, parentSpanId: call?.spanId, name: "chat echo-1" });
  expect(backend.attributes.map(({ key }) => key)).toContain("gen_ai.request.model");
  expect(JSON.stringify([backend, lines])).not.toContain("nobody should read");
});
