/**
 * Reads one turn from its room, for routes that write an answer in a format of somebody else. A stream that is cut (the room's
 * object restarts, code is deployed) is opened again at the reader's position, so the format's own client notices nothing.
 * It buffers nothing ahead: the room counts what this reader hasn't taken (F2).
 */
import { createParser, type EventSourceParser } from "eventsource-parser";
import { type BackoffPolicy, backoffMs } from "../../../shared/backoff.ts";
import { ERRORS, errorHeader, isErrorCode } from "../../../shared/protocol/errors.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import type { ErrorFrame, ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../../shared/protocol/server-guard.ts";
import type { TurnView } from "../../../shared/transcript.ts";
import { TurnFold } from "../../../shared/turn-fold.ts";
import type { AccessRefusal } from "../../core/principal.ts";

/** A room that restarts is back within a second. Together about 20 s at most, which is less than clients wait. */
const maxReturns = 8;
const returnPace: BackoffPolicy = { baseMs: 250, maxMs: 4_000 };

export type TurnNews =
  /** The turn has changed. Once it is settled, nothing follows. */
  | { readonly kind: "turn"; readonly turn: TurnView }
  /** Nothing has changed for a while. */
  | { readonly kind: "alive" }
  /** The turn is gone from the room. Nothing follows. */
  | { readonly kind: "removed" }
  /** The room doesn't go on answering this reader. Nothing follows. */
  | { readonly kind: "refused"; readonly refusal: AccessRefusal };

export interface TurnReaderOptions {
  readonly turnId: string;
  /** Of a turn that continues a message, also what comes before it: for a reader that shows nothing of the message. */
  readonly isWhole?: boolean;
  /** The stream of the turn as the room began it. */
  readonly body: ReadableStream<Uint8Array>;
  /** Asks the room for the stream again. @param lastEventId undefined where the reader has nothing. */
  readonly reopen: (lastEventId: string | undefined) => Promise<Response>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
}

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;

export class TurnReader {
  readonly #options: TurnReaderOptions;
  readonly #fold: TurnFold;
  #body: BodyReader;
  #decoder = new TextDecoder();
  #parser: EventSourceParser;
  #lastEventId: string | undefined;
  #turn: TurnView | undefined;
  /** What the frames so far have changed and wasn't read yet. */
  #news: TurnNews[] = [];
  /** Streams that were opened since the last progress. */
  #returns = 0;
  #isOver = false;

  constructor(options: TurnReaderOptions) {
    this.#options = options;
    this.#fold = new TurnFold(options.turnId);
    this.#body = options.body.getReader();
    this.#parser = this.#newParser();
  }

  /** Waits for what is next; undefined after the last, and after `leave`. Never rejects. */
  async read(): Promise<TurnNews | undefined> {
    while (!this.#isOver) {
      const news = this.#news.shift() ?? (await this.#readBody());
      if (news === undefined || this.#isOver) continue;
      if (news.kind === "refused" && ERRORS[news.refusal.code].retryable && !this.#isTired) {
        const failed = await this.#return(news.refusal);
        if (failed === undefined) continue;
        this.leave();
        return failed;
      }
      if (news.kind === "turn") this.#returns = 0;
      if (news.kind === "removed" || news.kind === "refused" || isSettled(news)) this.leave();
      return news;
    }
    return undefined;
  }

  /** Stops reading: the room sees that its reader has left. May be called at any time and more than once. */
  leave(): void {
    this.#isOver = true;
    // A body that is broken already has nothing to cancel.
    this.#body.cancel().catch(() => undefined);
  }

  get #isTired(): boolean {
    return this.#returns >= maxReturns;
  }

  /** Undefined where what was read changes nothing. */
  async #readBody(): Promise<TurnNews | undefined> {
    const chunk = await this.#body.read().catch(() => undefined);
    if (this.#isOver) return undefined;
    if (chunk?.value === undefined) return this.#return();
    this.#parser.feed(this.#decoder.decode(chunk.value, { stream: true }));
    return this.#news.shift();
  }

  /** Opens the stream again. The news where that can't be done; undefined where it was, or where the reader has left. */
  async #return(refusal: AccessRefusal = { code: "draining" }): Promise<TurnNews | undefined> {
    this.#body.cancel().catch(() => undefined);
    while (!this.#isTired) {
      const wait = backoffMs(this.#returns, returnPace, this.#options.random);
      this.#returns += 1;
      await this.#options.sleep(Math.max(wait, Math.min(refusal.retryAfterMs ?? 0, returnPace.maxMs)));
      if (this.#isOver) return undefined;
      const response = await this.#options.reopen(this.#lastEventId);
      if (response.status === 200 && response.body !== null) {
        this.#body = response.body.getReader();
        this.#decoder = new TextDecoder();
        this.#parser = this.#newParser();
        // It has left meanwhile.
        if (this.#isOver) this.leave();
        return undefined;
      }
      await response.body?.cancel();
      // 204: the reader has all of a turn, whose end it hasn't seen: the turn was cut short by a removal.
      if (response.status === 204 || response.status === 404) return { kind: "removed" };
      const code = response.headers.get(errorHeader) ?? "internal";
      if (isErrorCode(code) && !ERRORS[code].retryable) return { kind: "refused", refusal: { code } };
    }
    return { kind: "refused", refusal };
  }

  #folded(frame: ServerFrame): TurnView | undefined {
    const turn = this.#fold.add(frame);
    if (turn === undefined || turn.continues === undefined || this.#options.isWhole !== true) return turn;
    return this.#fold.whole(turn);
  }

  #take(turn: TurnView | undefined): void {
    const before = this.#turn;
    this.#turn = turn;
    if (turn === before) return;
    // A later state of the turn says all that an earlier one does.
    if (this.#news.at(-1)?.kind === "turn") this.#news.pop();
    this.#news.push(turn === undefined ? { kind: "removed" } : { kind: "turn", turn });
  }

  #newParser(): EventSourceParser {
    return createParser({
      onEvent: ({ id, data }) => {
        const frame = parseServerFrame(data);
        if (frame?.type === "error") this.#news.push({ kind: "refused", refusal: refusalOf(frame) });
        else if (frame?.type === "heartbeat") this.#news.push({ kind: "alive" });
        else if (frame !== undefined) this.#take(this.#folded(frame));
        this.#lastEventId = id ?? this.#lastEventId;
      },
    });
  }
}

function isSettled(news: TurnNews): boolean {
  return news.kind === "turn" && news.turn.state === "settled";
}

function refusalOf({ code, message, retryAfterMs }: ErrorFrame): AccessRefusal {
  const known = isErrorCode(code) ? code : "internal";
  return {
    code: known,
    detail: message === "" ? ERROR_MESSAGES[known] : message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
