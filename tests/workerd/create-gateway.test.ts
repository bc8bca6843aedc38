/** `createGateway` in its runtime: the options that it refuses at the start. What it serves is in tests/package/workers.test.ts. */
import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { createGateway, type GatewayOptions } from "../../party/server.ts";

test.each<[string, object, string]>([
  ["a prefix with a slash at its end", { prefix: "/ai/" }, "prefix must be a path"],
  ["a prefix without its slash", { prefix: "ai" }, "prefix must be a path"],
  ["a prefix that is no text", { prefix: 7 }, "prefix must be a path"],
  ["a hook that is no function", { beforeTurn: "refuse" }, "beforeTurn must be a function"],
  ["an option that doesn't exist", { beforeturn: () => {} }, "beforeturn isn't an option"],
  ["settings that are no object", { settings: "AUTH=none" }, "settings must be an object"],
])("[E6] %s stops the start and is named", (_, options, message) => {
  expect(() => createGateway(options as GatewayOptions)).toThrow(message);
});

test("[E6] without a prefix every path is the gateway's; with one, those under it", () => {
  const at = (path: string) => new Request(`https://example.com${path}`);
  expect(createGateway().handles(at("/"))).toBe(true);
  const { handles } = createGateway({ prefix: "/ai" });
  expect(["/ai", "/ai/chat", "/aim", "/"].map((path) => handles(at(path)))).toEqual([true, true, false, false]);
});

test("[E6] a Worker without the binding Chat says so", async () => {
  const gateway = createGateway<object>({ settings: { AUTH: "none", NEST_BASE: "http://127.0.0.1:1" } });
  const request = new Request("http://localhost/parties/chat/lobby");
  const response = await gateway.fetch(request, {}, createExecutionContext());
  expect([response.status, await response.text()]).toEqual([503, expect.stringContaining("Chat")]);
});
