/**
 * A chat in the terminal, on Node from 22, Deno or Bun: the library needs no browser. Ctrl-C stops the answer, and leaves when
 * there is none. After a lost connection the answer goes on where it stopped.
 *
 *   node examples/terminal/chat.ts [room]        GATEWAY=https://… for another gateway, TOKEN=… where one is needed
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { ChatClient, type ChatSnapshot, textOf } from "edge-chat-gateway/client";

const { GATEWAY = "http://127.0.0.1:8787", TOKEN } = process.env;
const room = process.argv[2] ?? "lobby";
const chat = new ChatClient({ url: GATEWAY, room, ...(TOKEN === undefined ? {} : { token: () => TOKEN }) });

/** Units of each answer that are on the screen. A turn that was settled before this client came is not shown. */
const printed = new Map<string, number>();
let connection = "";
let isKnown = false;

function show(snapshot: ChatSnapshot): void {
  const { state } = snapshot.connection;
  if (state !== connection) {
    connection = state;
    // The state of the connection isn't part of the conversation.
    process.stderr.write(`[${state}]\n`);
    if (snapshot.connection.state === "closed" && snapshot.connection.code !== undefined) leave(1);
  }
  for (const { id, refused } of snapshot.pending) {
    if (refused === undefined) continue;
    print(`[${refused.message}]\n`);
    chat.dismiss(id);
  }
  for (const turn of snapshot.turns) {
    if (!isKnown && turn.state === "settled") printed.set(turn.id, Number.POSITIVE_INFINITY);
    const text = textOf(turn.parts);
    const before = printed.get(turn.id) ?? 0;
    // After a crash of the gateway an answer may be a little shorter for a moment: it grows back to what was shown.
    if (text.length > before) {
      print(text.slice(before));
      printed.set(turn.id, text.length);
    }
    if (turn.state !== "settled" || before === Number.POSITIVE_INFINITY) continue;
    printed.set(turn.id, Number.POSITIVE_INFINITY);
    const end = turn.outcome === "completed" ? "" : ` [${turn.error?.message ?? turn.outcome}]`;
    print(`${end}\n`);
  }
  isKnown ||= snapshot.view.epoch !== undefined;
  if (isEnding && openTurn() === undefined && snapshot.pending.length === 0) leave(0);
}

/**
 * Without control characters: an escape sequence in an answer or an error could rewrite the screen or the clipboard. Characters that
 * change the direction of a line are left out too, because they make it read as another one.
 */
function print(text: string): void {
  process.stdout.write(text.replace(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu, ""));
}

function openTurn() {
  return chat.getSnapshot().turns.find(({ state }) => state !== "settled");
}

function leave(code: number): void {
  chat.close();
  process.exit(code);
}

function interrupt(): void {
  const open = openTurn();
  if (open === undefined) leave(0);
  else chat.cancel(open.id);
}

let isEnding = false;
chat.subscribe(() => show(chat.getSnapshot()));
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  if (line.trim() !== "") chat.submit(line);
});
lines.on("SIGINT", interrupt);
// Questions that were asked are still answered.
lines.on("close", () => {
  isEnding = true;
  show(chat.getSnapshot());
});
process.on("SIGINT", interrupt);
