/** A room behind a fake socket that keeps its own conversation: it answers what the client says when the test tells it to. */
import { type ChunkPart, isText, textPart } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import type { TurnSubmitFrame } from "../../../shared/protocol/client-frames.ts";
import type { ServerFrame, SyncTurn, TurnEndFrame } from "../../../shared/protocol/server-frames.ts";
import { type FakeNetwork, welcome } from "./fake-socket.ts";
import { sync } from "./sync-frames.ts";

export class FakeRoom {
  readonly #net: FakeNetwork;
  readonly #turns: SyncTurn[] = [];
  #seq = 0;
  /** Submits that were answered. */
  #answered = 0;

  constructor(net: FakeNetwork) {
    this.#net = net;
  }

  /** A turn from before anyone came. */
  prepare({ id, text }: { readonly id: string; readonly text: string }): void {
    const input = { prompt: `ask ${id}` };
    const parts: SyncTurn["parts"] = [{ type: "text-delta", delta: text }];
    const length = text.length;
    const known = { input, author: "a", createdAt: 1 };
    this.#turns.push({ id, state: "settled", outcome: "completed", from: 0, parts, length, ...known });
  }

  /** Takes the newest socket: welcome, and a snapshot of all there is, or only of what is open. */
  enter({ asDelta = false } = {}): void {
    this.#answered = 0;
    this.#net.last.open();
    const turns = this.#turns.filter(({ state }) => !asDelta || state !== "settled").map((turn) => ({ ...turn }));
    this.say(welcome, sync({ seq: this.#seq, mode: asDelta ? "delta" : "snapshot", turns }));
  }

  say(...frames: ServerFrame[]): void {
    this.#net.last.queue(...frames).deliver();
  }

  /** Submits that nobody answered yet. */
  unanswered(): TurnSubmitFrame[] {
    return this.#net.last.saidOf("turn-submit").slice(this.#answered);
  }

  /** Accepts the next submit and starts it. Returns its frame. */
  accept({ start = true } = {}): TurnSubmitFrame {
    const frame = this.unanswered()[0];
    if (frame === undefined) throw new Error("nothing was submitted");
    this.#answered += 1;
    if (frame.replaces !== undefined) {
      const at = this.#turns.findIndex(({ id }) => id === frame.replaces);
      const gone = this.#turns.splice(at).map(({ id }) => id);
      this.say({ type: "turn-removed", seq: this.#next(), turnIds: gone });
    }
    this.ask(frame.turnId, frame.input, { start, ...defined({ continues: frame.continues }) });
    return frame;
  }

  /** As `accept`, of the last that was submitted: those before it were refused. */
  acceptNewest(): TurnSubmitFrame {
    this.#answered = this.#net.last.saidOf("turn-submit").length - 1;
    return this.accept();
  }

  /** As if another tab had asked. */
  ask(
    turnId: string,
    input: TurnSubmitFrame["input"],
    { start = true, continues }: { readonly start?: boolean; readonly continues?: string } = {},
  ): void {
    const turn: SyncTurn = {
      id: turnId,
      state: "queued",
      from: 0,
      parts: [],
      length: 0,
      input,
      ...defined({ continues }),
      author: "a",
      createdAt: 1,
    };
    this.#turns.push(turn);
    const seq = this.#next();
    this.say({
      type: "turn-queued",
      seq,
      turnId,
      input,
      ...defined({ continues }),
      author: "a",
      createdAt: 1,
      position: 0,
    });
    if (!start) return;
    turn.state = "opening";
    this.say({ type: "turn-start", seq: this.#next(), turnId });
  }

  /** More text of the turn that is open, or the newest. */
  write(text: string): void {
    const turn = this.#open();
    const offset = turn.length;
    const before = turn.parts.at(-1);
    if (before !== undefined && isText(before))
      turn.parts[turn.parts.length - 1] = textPart("text", before.delta + text);
    else turn.parts.push(textPart("text", text));
    turn.length += text.length;
    turn.state = "streaming";
    this.say({ type: "turn-delta", turnId: turn.id, offset, parts: [{ type: "text-delta", delta: text }] });
  }

  /** Parts of the turn that is open that hold no text. */
  emit(...parts: ChunkPart[]): void {
    const turn = this.#open();
    const offset = turn.length;
    turn.parts.push(...parts);
    turn.length += parts.length;
    turn.state = "streaming";
    this.say({ type: "turn-delta", turnId: turn.id, offset, parts });
  }

  end(outcome: TurnEndFrame["outcome"] = "completed", more: Partial<TurnEndFrame> = {}): void {
    const turn = this.#open();
    Object.assign(turn, { state: "settled", outcome, ...more });
    this.say({ type: "turn-end", seq: this.#next(), turnId: turn.id, length: turn.length, outcome, ...more });
  }

  /** Someone removed it. */
  remove(turnId: string): void {
    this.#turns.splice(
      this.#turns.findIndex(({ id }) => id === turnId),
      1,
    );
    this.say({ type: "turn-removed", seq: this.#next(), turnIds: [turnId] });
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #open(): SyncTurn {
    const turn = this.#turns.find(({ state }) => state !== "settled");
    if (turn === undefined) throw new Error("no turn is open");
    return turn;
  }
}
