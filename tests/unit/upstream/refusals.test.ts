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

describe("[U4] the words of services that people use", () => {
  // Each as its service documents it, or as public reports quote it. A status of 200 is an answer that is an error.
  test.each([
    [
      "a credit balance that is too low",
      400,
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message:
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        },
      },
      "upstream-quota-exceeded",
    ],
    [
      "a key that is not valid",
      400,
      { error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } },
      "upstream-auth-failed",
    ],
    [
      "a refusal in a list",
      400,
      [
        {
          error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" },
        },
      ],
      "upstream-auth-failed",
    ],
    [
      "a count of input tokens",
      400,
      {
        error: {
          code: 400,
          message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
          status: "INVALID_ARGUMENT",
        },
      },
      "upstream-context-too-long",
    ],
    [
      "a rate with a delay, in a list",
      429,
      [
        {
          error: {
            code: 429,
            message: "You exceeded your current quota, please check your plan and billing details.",
            status: "RESOURCE_EXHAUSTED",
            details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "36s" }],
          },
        },
      ],
      "upstream-rate-limited",
    ],
    [
      "a used-up rate with a delay",
      429,
      {
        error: {
          code: 429,
          message: "You exceeded your current quota, please check your plan and billing details.",
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "36s" }],
        },
      },
      "upstream-rate-limited",
    ],
    [
      "a prompt of too many tokens",
      400,
      {
        object: "error",
        message:
          "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        type: "invalid_request_error",
        code: 3051,
      },
      "upstream-context-too-long",
    ],
    [
      "a request above the rate for tokens",
      413,
      {
        error: {
          message:
            "Request too large for model `x` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.",
          type: "tokens",
          code: "rate_limit_exceeded",
        },
      },
      "upstream-context-too-long",
    ],
    [
      "a flagged input",
      403,
      {
        error: {
          code: 403,
          message: 'x requires moderation on OpenAI. Your input was flagged for "violence".',
          metadata: { reasons: ["violence"] },
        },
      },
      "upstream-content-policy",
    ],
    [
      "a provider's JSON quoted as a string",
      400,
      {
        error: {
          message: "Provider returned error",
          code: 400,
          metadata: {
            raw: '{"error":{"message":"This model\'s maximum context length is 32768 tokens."}}',
            provider_name: "X",
          },
        },
      },
      "upstream-context-too-long",
    ],
    [
      "a provider's quoted rate",
      429,
      {
        error: {
          message: "Provider returned error",
          code: 429,
          metadata: { raw: "x is temporarily rate-limited upstream. Please retry shortly" },
        },
      },
      "upstream-rate-limited",
    ],
    [
      "an inner error",
      400,
      {
        error: {
          message: "The request was rejected",
          code: "BadRequest",
          innererror: { code: "ResponsibleAIPolicyViolation" },
        },
      },
      "upstream-content-policy",
    ],
    [
      "a model token limit",
      400,
      {
        error: {
          message: "Invalid request: Your request exceeded model token limit: 8192",
          type: "invalid_request_error",
        },
      },
      "upstream-context-too-long",
    ],
    [
      "moonshot quota",
      429,
      {
        error: {
          message: "Your account x is suspended, please check your plan and billing details",
          type: "exceeded_current_quota_error",
        },
      },
      "upstream-quota-exceeded",
    ],
    [
      "a content filter",
      400,
      { error: { message: "The request was rejected because it was considered high risk", type: "content_filter" } },
      "upstream-content-policy",
    ],
    [
      "a high risk",
      400,
      {
        error: {
          message: "The request was rejected because it was considered high risk",
          type: "invalid_request_error",
        },
      },
      "upstream-content-policy",
    ],
    [
      "baidu len",
      200,
      { error_code: 336007, error_msg: "the max input characters is 8000" },
      "upstream-context-too-long",
    ],
    ["baidu len2", 200, { error_code: 336103, error_msg: "prompt tokens too long" }, "upstream-context-too-long"],
    [
      "baidu token",
      200,
      { error_code: 110, error_msg: "Access token invalid or no longer valid" },
      "upstream-auth-failed",
    ],
    [
      "minimax bal",
      200,
      { base_resp: { status_code: 1008, status_msg: "insufficient balance" } },
      "upstream-quota-exceeded",
    ],
    [
      "minimax sens",
      200,
      { base_resp: { status_code: 1026, status_msg: "input new_sensitive" } },
      "upstream-content-policy",
    ],
    ["minimax key", 200, { base_resp: { status_code: 2049, status_msg: "invalid api key" } }, "upstream-auth-failed"],
    [
      "zhipu sens",
      400,
      {
        error: {
          code: "1301",
          message:
            "系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语，感谢您的配合。",
        },
      },
      "upstream-content-policy",
    ],
    [
      "zhipu arrears",
      429,
      { error: { code: "1113", message: "您的账户已欠费，请充值后重试。" } },
      "upstream-quota-exceeded",
    ],
    ["zhipu long", 400, { error: { code: "1261", message: "Prompt 超长" } }, "upstream-context-too-long"],
    [
      "zhipu auth",
      401,
      { error: { code: "1002", message: "Authorization Token非法，请确认Authorization Token正确传递。" } },
      "upstream-auth-failed",
    ],
    [
      "spark sens",
      200,
      { header: { code: 10013, message: "输入内容审核不通过，涉嫌违规，请重新调整输入内容", sid: "x", status: 2 } },
      "upstream-content-policy",
    ],
    ["spark tokens", 200, { header: { code: 10907, message: "token数量超过上限" } }, "upstream-context-too-long"],
    [
      "spark auth",
      200,
      { header: { code: 11200, message: "授权错误：该appId没有相关功能的授权 或者 业务量超过限制" } },
      "upstream-auth-failed",
    ],
    [
      "volc sensitive",
      400,
      {
        error: {
          code: "SensitiveContentDetected",
          message: "The request failed because the input text may contain sensitive information.",
          type: "BadRequest",
        },
      },
      "upstream-content-policy",
    ],
    [
      "volc risk",
      400,
      {
        error: {
          code: "InputTextRiskDetection",
          message: "The request failed because the input text may contain risky information",
          type: "BadRequest",
        },
      },
      "upstream-content-policy",
    ],
    [
      "volc overdue",
      403,
      {
        error: {
          code: "AccountOverdueError",
          message: "The request failed because your account has an overdue balance.",
          type: "Forbidden",
        },
      },
      "upstream-quota-exceeded",
    ],
    [
      "hunyuan pack",
      400,
      {
        Response: {
          Error: {
            Code: "FailedOperation.ResourcePackExhausted",
            Message: "资源包余量已用尽，请购买资源包或开通后付费。",
          },
        },
      },
      "upstream-quota-exceeded",
    ],
    [
      "hunyuan auth",
      401,
      { Response: { Error: { Code: "AuthFailure.SignatureFailure", Message: "签名错误" } } },
      "upstream-auth-failed",
    ],
    [
      "tgi",
      422,
      {
        error: "Input validation error: `inputs` must have less than 4096 `tokens`. Given: 5000",
        error_type: "validation",
      },
      "upstream-context-too-long",
    ],
    [
      "tgi2",
      422,
      {
        error:
          "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 500 `max_new_tokens`",
        error_type: "validation",
      },
      "upstream-context-too-long",
    ],
    [
      "xai",
      400,
      {
        code: "Client specified an invalid argument",
        error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
      },
      "upstream-context-too-long",
    ],
    [
      "xai key",
      400,
      {
        code: "Client specified an invalid argument",
        error: "Incorrect API key provided: xa***ZZ. You can obtain an API key from https://console.x.ai.",
      },
      "upstream-auth-failed",
    ],
    [
      "xai csam",
      403,
      {
        code: "The caller does not have permission to execute the specified operation",
        error: "Content violates usage guidelines.",
      },
      "upstream-content-policy",
    ],
    ["bedrock long", 400, { message: "Input is too long for requested model." }, "upstream-context-too-long"],
    [
      "bedrock type",
      400,
      { __type: "AccessDeniedException", message: "You don't have access to the model with the specified model ID." },
      "upstream-auth-failed",
    ],
    [
      "bedrock expired",
      403,
      { message: "The security token included in the request is expired" },
      "upstream-auth-failed",
    ],
    [
      "bedrock guardrail",
      400,
      { message: "Guardrail was enabled and input was blocked: Sorry" },
      "upstream-content-policy",
    ],
    [
      "anthropic policy",
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: "Output blocked by content filtering policy" },
      },
      "upstream-content-policy",
    ],
    [
      "dify quota",
      400,
      {
        code: "provider_quota_exceeded",
        message: "Your quota for Dify Hosted Model Provider has been exhausted.",
        status: 400,
      },
      "upstream-quota-exceeded",
    ],
    [
      "deepseek",
      402,
      { error: { message: "Insufficient Balance", type: "unknown_error", code: "invalid_request_error" } },
      "upstream-quota-exceeded",
    ],
    [
      "cohere",
      400,
      { message: "too many tokens: size limit exceeded by 5000 tokens. Try using shorter or fewer inputs." },
      "upstream-context-too-long",
    ],
    [
      "openai deactivated",
      401,
      {
        error: {
          message: "The OpenAI account associated with this API key has been deactivated.",
          type: "invalid_request_error",
          code: "account_deactivated",
        },
      },
      "upstream-auth-failed",
    ],
    [
      "openai hard limit",
      400,
      {
        error: {
          message: "Billing hard limit has been reached",
          type: "insufficient_quota",
          code: "billing_hard_limit_reached",
        },
      },
      "upstream-quota-exceeded",
    ],
    [
      "nothing of these: max_tokens",
      400,
      {
        error: {
          message:
            "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.",
          type: "invalid_request_error",
          code: "invalid_value",
          param: "max_tokens",
        },
      },
      "upstream-rejected",
    ],
    [
      "nothing of these: tool name",
      400,
      {
        error: {
          message:
            "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 70 instead.",
          type: "invalid_request_error",
          code: "string_above_max_length",
          param: "tools[0].function.name",
        },
      },
      "upstream-rejected",
    ],
    [
      "content too long",
      400,
      {
        error: {
          message:
            "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576, but got a string with length 2000000 instead.",
          type: "invalid_request_error",
          code: "string_above_max_length",
          param: "messages[0].content",
        },
      },
      "upstream-context-too-long",
    ],
    [
      "nothing of these: image",
      400,
      {
        error: {
          type: "invalid_request_error",
          message:
            "messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
        },
      },
      "upstream-rejected",
    ],
    [
      "nothing of these: image too large",
      400,
      {
        error: {
          message: "Image is too large. Maximum allowed size is 20 MB.",
          type: "invalid_request_error",
          code: "image_too_large",
        },
      },
      "upstream-rejected",
    ],
    [
      "nothing of these: model",
      404,
      {
        error: {
          message: "The model `gpt-9` does not exist or you do not have access to it.",
          type: "invalid_request_error",
          code: "model_not_found",
        },
      },
      "upstream-rejected",
    ],
    [
      "nothing of these: role",
      400,
      {
        error: {
          message: "Missing required parameter: 'messages[0].role'. Authorization policy docs at ...",
          type: "invalid_request_error",
          code: "missing_required_parameter",
        },
      },
      "upstream-rejected",
    ],
    [
      "nothing of these: overload",
      529,
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      "upstream-unavailable",
    ],
    [
      "nothing of these: 500 gemini",
      500,
      {
        error: {
          code: 500,
          message:
            "An internal error has occurred. Please retry or report. Your input context is too long. Please reduce your input context or switch to another model and retry.",
          status: "INTERNAL",
        },
      },
      "upstream-context-too-long",
    ],
    [
      "rfc9457",
      403,
      { type: "about:blank", title: "Quota exceeded", detail: "The monthly quota is used up.", status: 403 },
      "upstream-quota-exceeded",
    ],
    ["aws waf", 403, { message: "Forbidden" }, "upstream-auth-failed"],
    ["fastgpt", 200, { code: 500, statusText: "", message: "账户余额不足", data: null }, "upstream-quota-exceeded"],
    [
      "coze",
      200,
      { code: 4028, msg: "You have used all of your free credits. Please upgrade." },
      "upstream-quota-exceeded",
    ],
    ["coze2", 200, { code: 4100, msg: "authentication is invalid" }, "upstream-auth-failed"],
  ])("%s", async (_, status, body, code) => {
    if (status >= 400) expect(await codeOf(status, body)).toBe(code);
    else expect(endOfSaidError(JSON.stringify(body))).toMatchObject({ kind: "error", code, retryable: false });
  });

  test("say the same in an error event, where there is no status", () => {
    const codeIn = (body: unknown) => endOfSaidError(JSON.stringify(body));
    expect(codeIn([{ error: { message: "API key not valid. Please pass a valid API key." } }])).toMatchObject({
      code: "upstream-auth-failed",
    });
    const tooLarge =
      "Request too large for x on tokens per min: Limit 30000, Requested 43052. The input or output tokens must be reduced in order to run successfully.";
    expect(codeIn({ error: { code: "rate_limit_exceeded", message: tooLarge } })).toMatchObject({
      code: "upstream-context-too-long",
      retryable: false,
    });
    expect(codeIn({ error: { message: "请求频率超过限制，请稍后重试" } })).toMatchObject({
      code: "upstream-unavailable",
      retryable: true,
    });
  });

  test("give the delay of Google's RetryInfo, which tells a rate from a used-up quota", () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "36.5s" }];
    const body = {
      error: { code: 429, message: "You exceeded your current quota.", status: "RESOURCE_EXHAUSTED", details },
    };
    expect(endOfSaidError(JSON.stringify(body))).toEqual({
      kind: "error",
      code: "upstream-rate-limited",
      retryable: true,
      retryAfterMs: 36_500,
    });
  });

  test("are read to a bounded depth and breadth", () => {
    const deep = `${'{"error":'.repeat(1_000)}{"message":"insufficient balance"}${"}".repeat(1_000)}`;
    expect(endOfSaidError(deep).kind).toBe("error");
    const wide = { error: Array.from({ length: 5_000 }, () => ({ message: "no" })), message: "insufficient balance" };
    expect(endOfSaidError(JSON.stringify(wide)).kind).toBe("error");
  });
});
