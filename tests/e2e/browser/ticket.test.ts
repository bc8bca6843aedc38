/** The browser's own `EventSource` in Chromium, where tokens are needed: a ticket, a cut, and the same address again. */
import { SignJWT } from "jose";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { launchBrowser } from "../../support/browser.ts";
import { freePort } from "../../support/network/free-port.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const secret = Buffer.alloc(32, 7);
const vars = { AUTH: "jwt", AUTH_KEYS: JSON.stringify({ k: secret.toString("base64url") }) };
let port: number;
let stack: TestStack;
let gateway: Part;
let browser: Browser;

beforeAll(async () => {
  port = await freePort();
  [stack, browser] = await Promise.all([startTestStack({ gateway: { port, vars } }), launchBrowser()]);
  gateway = stack.gateway;
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await stack?.stop();
});

test("[S1] gets in by a ticket, comes back by itself after a cut, and nobody else does with its address", async () => {
  const token = await new SignJWT({ room: "*", scope: "read write" })
    .setProtectedHeader({ alg: "HS256", kid: "k" })
    .setSubject("alice")
    .setIssuedAt()
    .setExpirationTime("10m")
    .sign(secret);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
  });
  const answer = await page.goto(stack.url);
  expect(answer?.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");

  const address = await page.evaluate(async (bearer) => {
    const room = `${location.origin}/parties/chat/ticket`;
    const headers = { authorization: `Bearer ${bearer}` };
    const { ticket } = await (await fetch(`${room}/tickets`, { method: "POST", headers })).json();
    const source = new EventSource(`${room}?ticket=${ticket}`);
    const heard: string[] = [];
    source.onmessage = ({ data }) => heard.push(JSON.parse(data).type);
    Object.assign(window, { source, heard });
    return source.url;
  }, token);
  const until = (count: number) =>
    page.waitForFunction(
      (wanted) => (window as unknown as { heard: string[] }).heard.filter((type) => type === "sync").length >= wanted,
      count,
    );
  await until(1);
  expect((await fetch(address, { headers: { accept: "text/event-stream" } })).status).toBe(401);

  // The gateway goes away and comes back: the browser asks for the same address, with the id it was given.
  await gateway.stop();
  gateway = await startGateway({ port, vars, backendUrl: stack.backend.url, persistTo: stack.persistTo });
  await until(2);
  expect(await page.evaluate(() => (window as unknown as { source: EventSource }).source.readyState)).toBe(1);
  expect((await fetch(address, { headers: { accept: "text/event-stream" } })).status).toBe(401);
  expect([...stack.gateway.output, ...gateway.output].join("\n")).not.toContain(
    new URL(address).searchParams.get("ticket"),
  );
  expect(problems).toEqual([]);
});
