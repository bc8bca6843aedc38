/** The agent when it needs the page and a person: a client-side tool, an approval, and the answers that continue its message. */
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestBackend } from "./support/backend.ts";

let backend: TestBackend;
beforeAll(async () => {
  backend = await TestBackend.start();
});
afterAll(() => backend.close());

const question = "Remind me to water the plants";

/** One message, and all chunks that made it. */
class Conversation {
  readonly #chunks: UIMessageChunk[] = [];

  /** Adds what a client answers, asks the backend to go on, and returns the whole message as a page has it then. */
  async goOn(said?: UIMessageChunk, answer?: object): Promise<UIMessage> {
    if (said !== undefined) this.#chunks.push(said);
    const asked = { role: "user", content: question };
    const parts = this.#chunks.length === 0 ? undefined : (await this.#message()).parts;
    const messages = parts === undefined ? [asked] : [asked, { role: "assistant", content: "", parts }];
    const body = backend.body(backend.newId(), "", { provider: "agent", params: { tokensPerSecond: 10_000 } });
    const answers = answer === undefined ? {} : { answers: [{ ...answer, by: "anna", at: 1 }] };
    const reader = await backend.read({ ...body, messages, ...answers });
    expect(reader.response.status).toBe(200);
    const events = await reader.end();
    // A gateway names the message, which stays the same one.
    const chunks = events.map(({ type, data: { messageId: _, ...data } }) => ({ type, ...data }));
    this.#chunks.push(...(chunks as unknown as UIMessageChunk[]));
    return this.#message();
  }

  async #message(): Promise<UIMessage> {
    let last: UIMessage | undefined;
    const stream = ReadableStream.from(this.#chunks);
    for await (const message of readUIMessageStream({ stream, terminateOnError: true })) last = message;
    if (last === undefined) throw new Error("the chunks make no message");
    return last;
  }
}

const toolIn = (message: UIMessage, type: string) => message.parts.find((part) => part.type === type);

/** As far as the approval. Returns its id, too. */
async function untilApproval() {
  const conversation = new Conversation();
  const first = await conversation.goOn();
  expect(toolIn(first, "tool-readTimeZone")).toMatchObject({ state: "input-available", title: "Read your time zone" });
  const output = { timeZone: "Europe/Zurich" };
  const call = { toolCallId: "zone-1", output };
  const waiting = await conversation.goOn(
    { type: "tool-output-available", ...call },
    { type: "tool-output", toolName: "readTimeZone", ...call },
  );
  const reminder = toolIn(waiting, "tool-setReminder");
  expect(reminder).toMatchObject({
    state: "approval-requested",
    input: { text: question, timeZone: "Europe/Zurich" },
  });
  return { conversation, approvalId: (reminder as { approval: { id: string } }).approval.id };
}

test("a reminder needs the page's time zone and an approval, and is then set, in one message", async () => {
  const { conversation, approvalId } = await untilApproval();
  const decision = { approvalId, approved: true };
  const done = await conversation.goOn(
    { type: "tool-approval-response", ...decision },
    { type: "approval", toolCallId: "reminder-1", toolName: "setReminder", ...decision },
  );
  expect(toolIn(done, "tool-setReminder")).toMatchObject({ state: "output-available", output: { set: true } });
  expect(done.parts.at(-1)).toMatchObject({ text: "The reminder is set, in the time zone Europe/Zurich." });
  expect(done.parts.filter(({ type }) => type === "text")).toHaveLength(3);
});

test("a reminder that is denied isn't set", async () => {
  const { conversation, approvalId } = await untilApproval();
  const done = await conversation.goOn({ type: "tool-approval-response", approvalId, approved: false });
  expect(toolIn(done, "tool-setReminder")).toMatchObject({ state: "output-denied" });
  expect(done.parts.at(-1)).toMatchObject({ text: "No reminder was set." });
});

test("a page that doesn't tell its time zone gets the reminder in UTC", async () => {
  const conversation = new Conversation();
  await conversation.goOn();
  const failed = { type: "tool-output-error", toolCallId: "zone-1", errorText: "It isn't told." } as const;
  expect(toolIn(await conversation.goOn(failed), "tool-setReminder")).toMatchObject({ input: { timeZone: "UTC" } });
});
