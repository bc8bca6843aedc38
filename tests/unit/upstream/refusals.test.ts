/** The reason of a refusal: which of the backend's statuses and words become which code (U4). */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../party/core/ports.ts";
import { endOfSaidError } from "../../../party/upstream/dialects/said-error.ts";
import { refusalOf } from "../../../party/upstream/refused-response.ts";

const never = new AbortController().signal;

async function codeOf(status: number, body?: unknown, headers: Record<string, string> = {}): Promise<string> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  const response = new Response(text, { status, headers: { "content-type": type, ...headers } });
  const failure = await refusalOf(response, never);
  expect(failure).toBeInstanceOf(UpstreamFailure);
  expect(failure.byUpstream).toBe(true);
  return failure.code;
}

const openAi = (message: string, type: string, code: string | null = null) => ({ error: { message, type, code } });

describe("[U4] a refusal by status", () => {
  test.each([
    [401, "upstream-auth-failed"],
    [403, "upstream-auth-failed"],
    [407, "upstream-auth-failed"],
    [402, "upstream-quota-exceeded"],
    [413, "upstream-context-too-long"],
    [414, "upstream-context-too-long"],
    [431, "upstream-context-too-long"],
    [451, "upstream-content-policy"],
    [400, "upstream-rejected"],
    [404, "upstream-rejected"],
    [422, "upstream-rejected"],
    [429, "upstream-rate-limited"],
    [503, "upstream-unavailable"],
  ])("%i without words is %s", async (status, code) => {
    expect(await codeOf(status)).toBe(code);
  });

  test("that is final isn't retried, and one that says when to come back is", async () => {
    const final = await refusalOf(new Response(null, { status: 402, headers: { "retry-after": "7" } }), never);
    expect(final).toMatchObject({ retryable: false });
    const busy = await refusalOf(new Response(null, { status: 429, headers: { "retry-after": "7" } }), never);
    expect(busy).toMatchObject({ retryable: true, retryAfterMs: 7_000 });
  });
});

const contextWords = openAi(
  "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
  "invalid_request_error",
  "context_length_exceeded",
);

describe("[U4] a refusal by its words", () => {
  test.each([
    [400, contextWords, "upstream-context-too-long"],
    [
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: "prompt is too long: 210000 tokens > 200000 maximum" },
      },
      "upstream-context-too-long",
    ],
    [
      400,
      { statusCode: 400, message: ["prompt must be shorter than or equal to 8192 characters"], error: "Bad Request" },
      "upstream-context-too-long",
    ],
    [400, { code: "InvalidParameter", message: "输入长度超出上下文限制" }, "upstream-context-too-long"],
    [
      500,
      { statusCode: 500, message: "This model's maximum context length is 8192 tokens" },
      "upstream-context-too-long",
    ],
    [400, openAi("The response was filtered", "invalid_request_error", "content_filter"), "upstream-content-policy"],
    [
      400,
      { code: "DataInspectionFailed", message: "Input data may contain inappropriate content." },
      "upstream-content-policy",
    ],
    [403, { error: { code: 403, message: "Your input was flagged" } }, "upstream-content-policy"],
    [400, { message: "内容包含敏感信息" }, "upstream-content-policy"],
    [
      429,
      openAi(
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
      ),
      "upstream-quota-exceeded",
    ],
    [
      400,
      {
        error: {
          type: "invalid_request_error",
          message: "Your credit balance is too low to access the API: no credits",
        },
      },
      "upstream-quota-exceeded",
    ],
    [400, { code: "Arrearage", message: "Access denied" }, "upstream-quota-exceeded"],
    [402, { error: { message: "Insufficient Balance" } }, "upstream-quota-exceeded"],
    [
      400,
      openAi("Incorrect API key provided: sk-secret", "invalid_request_error", "invalid_api_key"),
      "upstream-auth-failed",
    ],
    [403, { statusCode: 403, message: "Forbidden resource", error: "Forbidden" }, "upstream-auth-failed"],
    [400, { statusCode: 400, message: "prompt should not be empty", error: "Bad Request" }, "upstream-rejected"],
    [404, { statusCode: 404, message: "Cannot POST /model/chat", error: "Not Found" }, "upstream-rejected"],
    [503, { message: "quota service is down" }, "upstream-unavailable"],
    [502, { error: { code: "context_length_exceeded" } }, "upstream-unavailable"],
    [
      429,
      openAi("Rate limit reached: limit 30000 tokens per min, maximum 30000 tokens.", "tokens", "rate_limit_exceeded"),
      "upstream-rate-limited",
    ],
    [400, "the conversation is too long", "upstream-context-too-long"],
  ])("%i %j is %s", async (status, body, code) => {
    expect(await codeOf(status, body)).toBe(code);
  });

  test("a 429 that says when to come back is a rate, even where it speaks of a quota", async () => {
    const body = openAi("You exceeded your current quota", "RESOURCE_EXHAUSTED");
    expect(await codeOf(429, body, { "retry-after": "30" })).toBe("upstream-rate-limited");
    expect(await codeOf(429, body)).toBe("upstream-quota-exceeded");
  });

  test.each([
    [contextWords, "upstream-context-too-long"],
    [{ code: "CONTENT_FILTER", message: "blocked" }, "upstream-content-policy"],
    [{ type: "error", code: "INSUFFICIENT_QUOTA", message: "pay" }, "upstream-quota-exceeded"],
    [{ statusCode: 401, message: "Unauthorized" }, "upstream-auth-failed"],
    ["This model's maximum context length is 8192 tokens", "upstream-context-too-long"],
  ])("in an error event, %j is %s and final", (data, code) => {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    expect(endOfSaidError(text)).toMatchObject({ code, retryable: false });
  });

  test("an error event that says it may be retried is a passing trouble, whatever its words", () => {
    const said = JSON.stringify({ code: "quota", message: "slow down", retryable: true });
    expect(endOfSaidError(said)).toMatchObject({ retryable: true });
  });

  test("is looked for in a small body of text only: neither in a page nor in an endless one", async () => {
    const page = "<html>maximum context length</html>";
    expect(await codeOf(400, page, { "content-type": "text/html" })).toBe("upstream-rejected");
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(4_096).fill(0x20)),
      cancel: () => {
        cancelled = true;
      },
    });
    const response = new Response(endless, { status: 400, headers: { "content-type": "application/json" } });
    expect((await refusalOf(response, never)).code).toBe("upstream-rejected");
    expect(cancelled).toBe(true);
  });
});
