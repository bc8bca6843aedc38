/** `resumable()` on a route of its own, over real HTTP: what it sends, to whom, and what becomes of it when readers leave. */
import { createParser } from "eventsource-parser";
import { Subject } from "rxjs";
import { afterEach, expect, test } from "vitest";
import { AssistantController } from "../../../examples/nest-app/own-route.ts";
import { ChatProblem, GenerationError } from "../../../nestjs/index.ts";
import { ChatApp, problemOf } from "../../support/nestjs/chat-app.ts";

const apps: ChatApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(...given: Parameters<typeof ChatApp.start>): Promise<ChatApp> {
  const app = await ChatApp.start(...given);
  apps.push(app);
  return app;
}

const post = (app: ChatApp, body: object, headers: Record<string, string> = {}, path = "/model/chat") =>
  fetch(app.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

/** Each event as its id and its data's type or text. */
async function eventsOf(response: Response): Promise<string[]> {
  const events: string[] = [];
  const parser = createParser({
    onEvent: ({ id, data }) => {
      const { type, data: text } = JSON.parse(data) as { type: string; data?: string };
      events.push(`${id} ${text ?? type}`);
    },
  });
  parser.feed(await response.text());
  return events;
}

async function* silence(): AsyncGenerator<string> {
  yield "unused";
}

test("a route of its own answers 200 with numbered events, and continues after the last one of a reader", async () => {
  const app = await start({}, silence, { controllers: [AssistantController] });
  const ask = (headers: Record<string, string>) => post(app, { from: 2 }, headers, "/assistant/ask");
  const response = await ask({ "idempotency-key": "one" });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(response.headers.get("generation-id")).toBe("one");
  expect(await eventsOf(response)).toEqual(["1 start", "2 2 ", "3 1 ", "4 complete"]);
  expect(await eventsOf(await ask({ "idempotency-key": "one", "last-event-id": "2" }))).toEqual(["3 1 ", "4 complete"]);
  const other = await post(app, { from: 3 }, { "idempotency-key": "one" }, "/assistant/ask");
  expect(other.status).toBe(409);
  const unnamed = await ask({});
  expect(unnamed.headers.get("generation-id")).toMatch(/^[\w-]{36}$/);
  await unnamed.text();
});

test("an answer runs once for all its readers, and a stop unsubscribes it and is confirmed", async () => {
  const app = await start({}, () => answer);
  const answer = new Subject<string>();
  const id = app.newId();
  const first = post(app, app.body(id));
  await expect.poll(() => answer.observed).toBe(true);
  answer.next("a");
  await first;
  const second = await post(app, app.body(id));
  answer.next("b");
  const stopped = await fetch(`${app.url}/model/chat/${id}`, { method: "DELETE" });
  expect(stopped.status).toBe(204);
  expect(answer.observed).toBe(false);
  expect(await eventsOf(second)).toEqual(["1 start", "2 a", "3 b", "4 complete"]);
  expect(app.record(id)).toMatchObject({ starts: 1, state: "aborted", tokensAfterStop: 0 });
});

test("chunks of the AI SDK are sent as its stream, with its header", async () => {
  const app = await start({}, async function* () {
    yield { type: "start", messageId: "m" };
    yield { type: "text-start", id: "t" };
    yield { type: "finish" };
  });
  const response = await post(app, app.body(app.newId()));
  expect(response.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1");
  expect(await eventsOf(response)).toEqual(["1 start", "2 text-start", "3 finish"]);
});

test("what an answer throws before its first item is a status, thrown at once or later", async () => {
  const app = await start({}, ({ prompt }) => {
    if (prompt === "at once") throw new ChatProblem(422, "too-rude", "Ask nicely.");
    return (async function* () {
      if (prompt === "busy") throw new GenerationError("busy", "Busy.", { status: 429, retryAfterMs: 2_000 });
      if (prompt === "later") throw new ChatProblem(422, "too-rude", "Ask nicely.");
      yield "a";
      throw new Error("secret");
    })();
  });
  for (const prompt of ["at once", "later"]) {
    const refused = await post(app, app.body(app.newId(), prompt));
    expect([refused.status, (await problemOf(refused)).code], prompt).toEqual([422, "too-rude"]);
  }
  const busy = await post(app, app.body(app.newId(), "busy"));
  expect([busy.status, busy.headers.get("retry-after")]).toEqual([429, "2"]);
  const failed = await (await post(app, app.body(app.newId(), "break"))).text();
  expect(failed).toContain('"code":"internal"');
  expect(failed).not.toContain("secret");
});

test("a HEAD runs nothing, and fields that are not known are ignored", async () => {
  const app = await start({}, async function* ({ prompt }) {
    yield prompt;
  });
  const head = await fetch(`${app.url}/model/chat?prompt=hi`, { method: "HEAD" });
  expect([head.status, head.headers.get("allow")]).toEqual([405, "GET, POST"]);
  expect(app.stats().started).toBe(0);
  const newer = await post(app, app.body(app.newId(), "hi", { somethingNew: true }));
  expect(await eventsOf(newer)).toEqual(["1 start", "2 hi", "3 complete"]);
});
