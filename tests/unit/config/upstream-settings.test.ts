/** Wrong settings of the backend are refused at start, with the name of the setting and an example. */
import { describe, expect, test } from "vitest";
import { parseUpstream, type UpstreamVariables } from "../../../party/config/upstream-settings.ts";

const parse = (variables: UpstreamVariables) => parseUpstream({ NEST_BASE: "http://127.0.0.1:3000", ...variables });

test("NEST_BASE alone calls the brief's service", () => {
  expect(parse({ NEST_BASE: "http://127.0.0.1:3000/" })).toMatchObject({
    ok: true,
    value: {
      base: "http://127.0.0.1:3000",
      dialect: "auto",
      request: { adapter: "contract", method: "auto", path: "/model/chat", provider: "auto", headers: {} },
    },
  });
});

test.each([
  [{ UPSTREAM_ADAPTER: "ui-messages" }, "/api/chat"],
  [{ UPSTREAM_ADAPTER: "openai" }, "/v1/chat/completions"],
  [{ UPSTREAM_ADAPTER: "openai", UPSTREAM_PATH: "/chat/completions?api-version=2" }, "/chat/completions?api-version=2"],
])("%j calls %s", (variables, path) => {
  expect(parse(variables)).toMatchObject({ ok: true, value: { request: { path } } });
});

const template = { UPSTREAM_ADAPTER: "template" };

test.each([
  [{ UPSTREAM_BODY: '{"q":"{prompt}"}' }, "POST"],
  [{ UPSTREAM_QUERY: "q={prompt}" }, "GET"],
  [{ UPSTREAM_QUERY: "q={prompt}", UPSTREAM_BODY: '{"q":"{prompt}"}' }, "auto"],
  [{ UPSTREAM_QUERY: "q={prompt}", UPSTREAM_METHOD: "POST" }, "POST"],
])("a template with %j is asked by %s", (variables, method) => {
  expect(parse({ ...template, ...variables })).toMatchObject({ ok: true, value: { request: { method } } });
});

describe("is refused at start:", () => {
  test.each([
    ["a base that isn't a URL", "NEST_BASE", { NEST_BASE: "127.0.0.1:3000" }],
    ["an unknown adapter", "UPSTREAM_ADAPTER", { UPSTREAM_ADAPTER: "dify" }],
    ["an unknown method", "UPSTREAM_METHOD", { UPSTREAM_METHOD: "PUT" }],
    ["a GET for a format that needs a body", "UPSTREAM_METHOD", { UPSTREAM_ADAPTER: "openai", UPSTREAM_METHOD: "GET" }],
    [
      "a GET without a query",
      "UPSTREAM_METHOD",
      { ...template, UPSTREAM_BODY: '{"q":"{prompt}"}', UPSTREAM_METHOD: "GET" },
    ],
    ["a path without a slash", "UPSTREAM_PATH", { UPSTREAM_PATH: "model/chat" }],
    ["a whole address as path", "UPSTREAM_PATH", { UPSTREAM_PATH: "//elsewhere.example/chat" }],
    ["a path with a space", "UPSTREAM_PATH", { UPSTREAM_PATH: "/model chat" }],
    ["a path with an unknown placeholder", "UPSTREAM_PATH", { UPSTREAM_PATH: "/{tenant}/chat" }],
    ["a path with what is known too late", "UPSTREAM_PATH", { UPSTREAM_PATH: "/chats/{conversation}" }],
    ["a stop that names nothing", "UPSTREAM_STOP_PATH", { UPSTREAM_STOP_PATH: "/stop" }],
    ["a stop by GET", "UPSTREAM_STOP_METHOD", { UPSTREAM_STOP_METHOD: "GET" }],
    ["headers that aren't JSON", "UPSTREAM_HEADERS", { UPSTREAM_HEADERS: "x: y" }],
    ["a header with a line end", "UPSTREAM_HEADERS", { UPSTREAM_HEADERS: '{"x":"a\\r\\nb"}' }],
    ["a header name with a space", "UPSTREAM_HEADERS", { UPSTREAM_HEADERS: '{"x y":"a"}' }],
    ["a header of the gateway's own", "UPSTREAM_HEADERS", { UPSTREAM_HEADERS: '{"Idempotency-Key":"a"}' }],
    ["a template without fields", "UPSTREAM_BODY", template],
    ["a body that isn't JSON", "UPSTREAM_BODY", { ...template, UPSTREAM_BODY: "{prompt}" }],
    ["a body that is a list", "UPSTREAM_BODY", { ...template, UPSTREAM_BODY: '["{prompt}"]' }],
    ["a body without the question", "UPSTREAM_BODY", { ...template, UPSTREAM_BODY: '{"user":"{user}"}' }],
    [
      "a body with an unknown placeholder",
      "UPSTREAM_BODY",
      { ...template, UPSTREAM_BODY: '{"q":"{prompt}","x":"{session}"}' },
    ],
    ["a body for another adapter", "UPSTREAM_BODY", { UPSTREAM_BODY: '{"q":"{prompt}"}' }],
    ["a query without the question", "UPSTREAM_QUERY", { ...template, UPSTREAM_QUERY: "user={user}" }],
    ["a query with an unknown placeholder", "UPSTREAM_QUERY", { ...template, UPSTREAM_QUERY: "q={question}" }],
    ["a query for another adapter", "UPSTREAM_QUERY", { UPSTREAM_QUERY: "q={prompt}" }],
    ["an unknown dialect", "UPSTREAM_DIALECT", { UPSTREAM_DIALECT: "xml" }],
  ])("%s", (_, name, variables) => {
    const parsed = parse(variables);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.error.startsWith(`${name} `) || parsed.error.startsWith(`${name}=`)).toBe(true);
    expect(parsed.error).toContain("for example");
  });

  test("an unknown placeholder is named together with those that exist", () => {
    const parsed = parse({ ...template, UPSTREAM_BODY: '{"q":"{question}"}' });
    expect(parsed).toMatchObject({ ok: false, error: expect.stringMatching(/\{question\}.*\{prompt\}/) });
  });
});
