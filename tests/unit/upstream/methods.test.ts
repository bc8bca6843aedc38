/** Which method a backend is asked by, and what is remembered of it: POST, then GET once, and no stop where there is no route. */
import { describe, expect, test } from "vitest";
import type { UpstreamVariables } from "../../../party/config/upstream-settings.ts";
import type { UpstreamRequest } from "../../../party/core/ports.ts";
import { BackendMemory, noStopMs } from "../../../party/upstream/backend-memory.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { FetchUpstream } from "../../../party/upstream/fetch-upstream.ts";
import { upstreamSetting } from "../../support/backends/upstream-setting.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";
import { dataEvents, readAll } from "./reading.ts";

const request: UpstreamRequest = { generationId: "g", messages: [{ role: "user", content: "hi" }] };
const never = new AbortController().signal;

/** What a backend answers: a status, a stream with an answer, or a page. */
type Answer = number | "stream" | "page";

function responseOf(answer: Answer): Response {
  if (typeof answer === "number") return new Response(null, { status: answer });
  const type = answer === "stream" ? "text/event-stream" : "text/html";
  return new Response(answer === "stream" ? dataEvents("yes") : "<html>", { headers: { "content-type": type } });
}

function build(answers: Record<string, Answer>, variables: UpstreamVariables = {}) {
  const clock = new FakeClock();
  const calls: string[] = [];
  const memory = new BackendMemory(clock);
  const setting = upstreamSetting(variables);
  const room = () =>
    new FetchUpstream({
      setting: () => setting,
      readerOf,
      room: "r",
      authorize: async () => ({}),
      memory,
      fetch: async (_, { method = "GET" }) => {
        calls.push(method);
        return responseOf(answers[method] ?? 404);
      },
    });
  const ask = async (upstream: FetchUpstream) => {
    try {
      await readAll(await upstream.open(request, never));
      return "answered";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return { room, calls, ask, clock };
}

describe("UPSTREAM_METHOD=auto", () => {
  test.each([404, 405])(
    "asks by GET once a POST gets %i, and remembers it for all rooms of the isolate",
    async (code) => {
      const { room, calls, ask } = build({ POST: code, GET: "stream" });
      expect(await ask(room())).toBe("answered");
      expect(await ask(room())).toBe("answered");
      expect(calls).toEqual(["POST", "GET", "GET"]);
    },
  );

  test("asks by POST alone where that is answered, whatever the answer is", async () => {
    for (const answer of ["stream", 400, 503] as const) {
      const { room, calls, ask } = build({ POST: answer, GET: "stream" });
      await ask(room());
      expect(calls).toEqual(["POST"]);
    }
  });

  test("remembers a GET that says later, but not one that is missing too or isn't an answer", async () => {
    const busy = build({ GET: 503 });
    const upstream = busy.room();
    expect(await busy.ask(upstream)).toBe("upstream-unavailable");
    await busy.ask(upstream);
    expect(busy.calls).toEqual(["POST", "GET", "GET"]);

    const missing = build({});
    expect(await missing.ask(missing.room())).toBe("upstream-rejected");
    await missing.ask(missing.room());
    expect(missing.calls).toEqual(["POST", "GET", "POST", "GET"]);

    const single = build({ GET: "page" });
    expect(await single.ask(single.room())).toBe("upstream-malformed");
    await single.ask(single.room());
    expect(single.calls).toEqual(["POST", "GET", "POST", "GET"]);
  });

  test("finds out again when the method that was remembered is gone", async () => {
    const answers: Record<string, Answer> = { GET: "stream" };
    const { room, calls, ask } = build(answers);
    await ask(room());
    answers["POST"] = "stream";
    answers["GET"] = 405;
    expect(await ask(room())).toBe("upstream-rejected");
    expect(await ask(room())).toBe("answered");
    expect(calls).toEqual(["POST", "GET", "GET", "POST"]);
  });

  test("doesn't fall back where the adapter's format needs a body", async () => {
    const { room, calls, ask } = build({ GET: "stream" }, { UPSTREAM_ADAPTER: "openai" });
    expect(await ask(room())).toBe("upstream-rejected");
    expect(calls).toEqual(["POST"]);
  });

  test("sends no stop to a backend that is asked by GET", async () => {
    const { room, calls, ask } = build({ GET: "stream", DELETE: 204 });
    const upstream = room();
    await ask(upstream);
    expect(await upstream.stop("g", never)).toBe("unsupported");
    expect(calls).toEqual(["POST", "GET"]);
  });
});

describe("[U7] a backend without a stop route", () => {
  test.each([404, 405])(
    "that answers %i is asked once by all rooms of an isolate, and again after a while",
    async (code) => {
      const { room, calls, clock } = build({ DELETE: code });
      for (const upstream of [room(), room()]) expect(await upstream.stop("g", never)).toBe("unsupported");
      expect(calls).toEqual(["DELETE"]);
      await clock.advance(noStopMs);
      expect(await room().stop("g", never)).toBe("unsupported");
      expect(calls).toEqual(["DELETE", "DELETE"]);
    },
  );

  test("isn't taken for one because a single generation is unknown there", async () => {
    const answers: Record<string, Answer> = { DELETE: 204 };
    const { room, calls } = build(answers);
    expect(await room().stop("g", never)).toBe("confirmed");
    answers["DELETE"] = 404;
    expect(await room().stop("h", never)).toBe("unsupported");
    answers["DELETE"] = 204;
    expect(await room().stop("i", never)).toBe("confirmed");
    expect(calls).toHaveLength(3);
  });
});
