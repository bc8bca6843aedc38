/**
 * The message that a page shows through the gateway equals the one that it shows when it reads the backend directly: for each
 * listed stream and for random ones, with `ai` 5, 6 and 7, over HTTP and both WebSockets, live, resumed, from a second tab, from the
 * history, and from the history after the gateway was killed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketChatTransport } from "ai";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RoomChatTransport } from "../../../client/ai-sdk.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { hasHalfAcrossSteps, hasInputAcrossSteps } from "../../support/ai-sdk-streams/across-steps.ts";
import {
  type DirectReading,
  readDirectly,
  type ShownMessage,
  shownOf,
  withoutPartialInput,
} from "../../support/ai-sdk-streams/direct-reading.ts";
import {
  chunksOf,
  eventsIn,
  GatewayChat,
  type HistoryMessage,
  type StreamedEvent,
} from "../../support/ai-sdk-streams/gateway-chat.ts";
import { listedStreams } from "../../support/ai-sdk-streams/listed-streams.ts";
import { randomStream } from "../../support/ai-sdk-streams/random-stream.ts";
import { eventsOf, type StreamChunk } from "../../support/ai-sdk-streams/stream-chunk.ts";
import { startControlledUpstream } from "../../support/backends/workerd-upstream.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { type Version, versions } from "../../unit/ai-sdk/stories.ts";

const randomRuns = Number(process.env["LOSSLESS_RUNS"] ?? 6);

let persistTo: string;
let upstream: Awaited<ReturnType<typeof startControlledUpstream>>;
let gateway: Part;
const tabs: RoomChatTransport[] = [];
/** The chats of the listed streams, for the comparison after the gateway was killed. */
const asked: { readonly name: string; readonly chunks: readonly StreamChunk[]; readonly chat: GatewayChat }[] = [];

beforeAll(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-lossless-"));
  upstream = await startControlledUpstream();
  gateway = await startOn(persistTo);
});
afterAll(async () => {
  await gateway?.stop();
  upstream?.stop();
  await rm(persistTo, { recursive: true, force: true });
});
afterEach(() => {
  for (const tab of tabs.splice(0)) tab.close();
});

function startOn(rooms: string): Promise<Part> {
  const vars = { LIMITER: "off", IP_REQUESTS_PER_MINUTE: "1000000" };
  return startGateway({ backendUrl: upstream.url, vars, persistTo: rooms });
}

function openTab(): RoomChatTransport {
  const tab = new RoomChatTransport({ url: gateway.url, transports: ["websocket"] });
  tabs.push(tab);
  return tab;
}

const newChat = () => new GatewayChat({ gatewayUrl: gateway.url, upstreamUrl: upstream.url });
const fails = (chunks: readonly StreamChunk[]) => chunks.some(({ type }) => type === "error" || type === "abort");

/** Reads one stream in every way, and compares each with the direct reading. Returns the chat. */
async function compare(chunks: readonly StreamChunk[], readers: readonly Version[]): Promise<GatewayChat> {
  const events = eventsOf(chunks);
  const half = Math.floor(events.length / 2);
  const chat = newChat();
  await chat.upstreamSends(events.slice(0, half), { isLast: false });
  const response = await chat.ask();
  const second = await chat.followIn(openTab());
  await chat.upstreamSends(events.slice(half), { isLast: true });
  const [streamed, followed] = await Promise.all([eventsIn(response), chunksOf(second)]);
  await expectSame("POST /api/chat", chunks, chunksIn(streamed), readers);
  await expectSame("a second tab", chunks, followed, readers);
  await expectHistory("GET messages", chunks, await chat.history());
  await expectHistory("messages()", chunks, await chat.messagesIn(openTab()));
  await expectResumes(chat, chunks, streamed, readers);

  const other = newChat();
  await other.upstreamSends(events, { isLast: true });
  const received = await chunksOf(await other.askIn(openTab()));
  await expectSame("RoomChatTransport", chunks, received, readers);
  // The SDK has had a WebSocket of its own since version 7.
  if (readers.includes("ai7")) await compareSocket(chunks);
  return chat;
}

async function compareSocket(chunks: readonly StreamChunk[]): Promise<void> {
  const events = eventsOf(chunks);
  const half = Math.floor(events.length / 2);
  const chat = newChat();
  await chat.upstreamSends(events.slice(0, half), { isLast: false });
  const socket = new WebSocketChatTransport({ url: `${gateway.url}/api/chat` });
  const other = new WebSocketChatTransport({ url: `${gateway.url}/api/chat` });
  try {
    const live = await chat.askIn(socket);
    const resumed = await chat.followIn(other);
    await chat.upstreamSends(events.slice(half), { isLast: true });
    const [asked, followed] = await Promise.all([chunksOf(live), chunksOf(resumed)]);
    await expectSame("WebSocketChatTransport", chunks, asked, ["ai7"]);
    await expectSame("a resume of WebSocketChatTransport", chunks, followed, ["ai7"]);
    await expectSame("a late resume", chunks, await chunksOf(await chat.followIn(other)), ["ai7"]);
  } finally {
    socket.close();
    other.close();
  }
}

const chunksIn = (streamed: readonly StreamedEvent[]) => streamed.map(({ chunk }) => chunk);

async function expectSame(
  way: string,
  direct: readonly StreamChunk[],
  through: readonly StreamChunk[],
  readers: readonly Version[],
): Promise<void> {
  for (const version of readers) {
    const expected = await readDirectly(version, direct);
    const { shown, errors } = await readDirectly(version, through);
    // A failure before any content leaves no message.
    const isNothing = fails(direct) && isEmpty(expected.shown);
    expect({ way, version, ...(isNothing ? { parts: shown.parts } : shown) }).toEqual({
      way,
      version,
      ...(isNothing ? { parts: [] } : expected.shown),
    });
    // The gateway words a failure itself.
    expect({ way, version, errors: errors.length }).toEqual({
      way,
      version,
      errors: fails(direct) ? errors.length : 0,
    });
  }
}

/** Nothing but texts that were begun, which the gateway holds back until there is content. */
function isEmpty({ parts }: ShownMessage): boolean {
  return (parts as readonly { readonly text?: unknown }[]).every(({ text }) => text === "");
}

/** A conversation is the same for every version, in the form of the newest. */
async function expectHistory(
  way: string,
  direct: readonly StreamChunk[],
  messages: readonly HistoryMessage[],
): Promise<void> {
  const { shown } = await readDirectly("ai7", direct);
  const answer = messages.findLast(({ role }) => role === "assistant");
  // A failure before any content leaves no message.
  const expected = fails(direct) && isEmpty(shown) ? { parts: [] } : shown;
  const told = shownOf(answer);
  // Random pieces of a tool's input are no JSON.
  const isListed = listedStreams.some(({ chunks }) => chunks === direct);
  const [through, directly] = isListed ? [told, expected] : [told, expected].map(withoutPartialInput);
  expect({ way, ...through }).toEqual({ way, ...directly });
}

/** More of them than these in one stream are tried at even distances. */
const maxPositions = 24;

/** From the ids that the stream had: the rest is what the reader lacks, and adds to the message that it has. */
async function expectResumes(
  chat: GatewayChat,
  direct: readonly StreamChunk[],
  streamed: readonly StreamedEvent[],
  readers: readonly Version[],
): Promise<void> {
  const expected = new Map<Version, DirectReading>();
  for (const version of readers) expected.set(version, await readDirectly(version, direct));
  const positioned = streamed.filter(({ id, chunk }) => id !== undefined && !isOfGateway(chunk));
  const distance = Math.ceil(positioned.length / maxPositions);
  for (let index = 0; index < positioned.length; index += distance) {
    const after = positioned[index]?.id ?? "";
    const rest = await eventsIn(await chat.resume(after));
    // What opens the message and its parts again has the reader's own position.
    const news = rest.filter(({ id, chunk }) => id !== undefined && id !== after && !isOfGateway(chunk));
    const lacking = withoutLoneEnds(chunksIn(positioned.slice(index + 1)));
    expect({ after, chunks: joined(chunksIn(news)) }).toEqual({ after, chunks: joined(lacking) });
    const version = readers[index % readers.length] ?? "ai7";
    const had = streamed.slice(0, streamed.findIndex(({ id }) => id === after) + 1);
    const { shown, errors } = await readDirectly(version, chunksIn(rest), chunksIn(had));
    const content = contentOf(expected.get(version)?.shown ?? { parts: [] });
    expect({ after, version, ...contentOf(shown) }).toEqual({ after, version, ...content });
    if (!fails(direct)) expect({ after, version, errors }).toEqual({ after, version, errors: [] });
  }
}

const isOfGateway = ({ type }: StreamChunk) => type === "data-gateway";

/**
 * The format can't end a text of an earlier connection. A text of which only its end is lacking is left as it is, unless the end
 * says more.
 */
function withoutLoneEnds(chunks: readonly StreamChunk[]): StreamChunk[] {
  const growing = new Set<string>();
  const named = ({ type, id }: StreamChunk) => `${type.split("-", 1)[0]} ${String(id)}`;
  return chunks.filter((chunk) => {
    if (/^(?:text|reasoning)-(?:start|delta)$/.test(chunk.type)) growing.add(named(chunk));
    if (!/^(?:text|reasoning)-end$/.test(chunk.type)) return true;
    return growing.delete(named(chunk)) || Object.keys(chunk).length > 2;
  });
}

/** A text that was cut is two parts to the reader, so texts are compared by their length alone. */
function contentOf({ parts, metadata }: ShownMessage) {
  const typed = parts as readonly { readonly type: string; readonly text?: string }[];
  const lengthOf = (type: string) =>
    typed.reduce((sum, part) => sum + (part.type === type ? (part.text ?? "").length : 0), 0);
  const others = typed.filter(({ type }) => type !== "text" && type !== "reasoning" && type !== "step-start");
  return { metadata, text: lengthOf("text"), reasoning: lengthOf("reasoning"), others };
}

/** Adjacent deltas of one part as one, because how text is cut says nothing. Starts are left out: a cut text starts again. */
function joined(chunks: readonly StreamChunk[]): StreamChunk[] {
  const joint: StreamChunk[] = [];
  for (const chunk of chunks) {
    if (/^(?:text|reasoning)-start$/.test(chunk.type)) continue;
    const field = chunk.type === "tool-input-delta" ? "inputTextDelta" : "delta";
    const key = chunk.type === "tool-input-delta" ? "toolCallId" : "id";
    const last = joint.at(-1);
    if (field in chunk && !("providerMetadata" in chunk) && last?.type === chunk.type && last[key] === chunk[key]) {
      joint[joint.length - 1] = { ...last, [field]: `${String(last[field])}${String(chunk[field])}` };
    } else joint.push(chunk);
  }
  return joint;
}

describe("[C1][C8] A page shows through the gateway what it shows directly:", () => {
  test.each(listedStreams)("$name", async ({ name, chunks, versions: readers }) => {
    asked.push({ name, chunks, chat: await compare(chunks, readers) });
  });

  test.each(versions)(
    "random streams of %s",
    async (version) => {
      await fc.assert(
        fc.asyncProperty(randomStream(version), async (chunks) => {
          fc.pre(!hasHalfAcrossSteps(chunks) && !hasInputAcrossSteps(chunks));
          await compare(chunks, [version]);
        }),
        { numRuns: randomRuns },
      );
    },
    hangAfterMs * Math.max(1, randomRuns / 2),
  );

  test("all of them after the gateway was killed and started again", async () => {
    await gateway.kill("SIGKILL");
    gateway = await startOn(persistTo);
    for (const { name, chunks, chat } of asked) await expectHistory(name, chunks, await chat.history(gateway.url));
  });
});
