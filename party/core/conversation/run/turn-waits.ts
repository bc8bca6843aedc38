/**
 * Waits of a turn that holds no call: for a lease, or before a retry or a resume. A short wait uses a timer. A long one is
 * stored and ended by the alarm, so that the object may sleep (A1) and a wake goes on waiting (T5).
 */
import { NOTICE_MESSAGES } from "../../../../shared/protocol/messages-en.ts";
import type { NoticeFrame } from "../../../../shared/protocol/server-frames.ts";
import { sleep } from "../../turn/attempts/abortable-sleep.ts";
import type { WaitNotice } from "../../turn/attempts/attempt-contract.ts";
import type { Turn } from "../../turn/turn.ts";
import type { ConversationParts } from "../conversation-parts.ts";
import type { LogWriter } from "./log-writer.ts";

/** The longest wait that keeps the object awake. */
const maxTimerMs = 10_000;
/** A wait up to this long is over before anybody has read how long it takes. */
const shortWaitMs = 2_500;

export class TurnWaits {
  readonly #parts: ConversationParts;
  readonly #writer: LogWriter;
  /** Ends the waits that only the alarm would end, by the name of their deadline. */
  readonly #wakers = new Map<string, () => void>();
  /** The reason that was last sent and logged for a turn's wait, by turn. */
  readonly #sentReasons = new Map<string, string>();

  constructor(parts: ConversationParts, writer: LogWriter) {
    this.#parts = parts;
    this.#writer = writer;
  }

  /** Resolves after `ms`, or when `signal` aborts. Readers get a notice that says why the turn waits. */
  async wait(turn: Turn, ms: number, notice: WaitNotice, signal: AbortSignal): Promise<void> {
    const { ports, agenda } = this.#parts;
    turn.advance(notice.resume ? { type: "resume" } : { type: "wait" });
    this.#announce(turn, ms, notice);
    if (ms <= maxTimerMs) {
      await sleep(ports.clock, ms, signal);
      return;
    }
    const name = nameOf(turn);
    const until = ports.clock.now() + ms;
    turn.record = { ...turn.record, waitUntil: until };
    agenda.set(name, until);
    const rung = this.#rung(name, signal);
    await this.#writer.store(turn);
    await rung;
  }

  /** The alarm rang: the wait of this name is over. */
  wake(name: string): void {
    this.#wakers.get(name)?.();
  }

  /** The turn waits no more: it settled or was removed. */
  forget(turn: Turn): void {
    this.#parts.agenda.clear(nameOf(turn));
    this.deleteNotice(turn);
  }

  /** Readers are no longer told that the turn waits. */
  deleteNotice(turn: Turn): void {
    this.#sentReasons.delete(turn.id);
    this.#parts.delivery.deleteState(`notice/${turn.id}`);
  }

  #announce(turn: Turn, ms: number, notice: WaitNotice): void {
    const { ports, delivery } = this.#parts;
    const { resume: _, ...shown } = notice;
    const frame: NoticeFrame = {
      type: "notice",
      ...shown,
      turnId: turn.id,
      retryAfterMs: ms,
      willRetry: true,
      message: NOTICE_MESSAGES[notice.code],
    };
    const { code, scope, attempt } = notice;
    // A queued turn asks several times a second. Only a wait for another reason, or one that a person sees pass, is news.
    const reason = `${code}/${scope}/${attempt ?? 0}`;
    const isNews = this.#sentReasons.get(turn.id) !== reason;
    if (isNews || ms > shortWaitMs) delivery.setState(`notice/${turn.id}`, JSON.stringify(frame));
    if (isNews) ports.report({ name: "turn-waiting", turnId: turn.id, code, scope, waitMs: ms });
    this.#sentReasons.set(turn.id, reason);
  }

  /** Resolves when the alarm ends the wait, or `signal` aborts; the deadline is cleared then. */
  #rung(name: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        signal.removeEventListener("abort", end);
        this.#wakers.delete(name);
        this.#parts.agenda.clear(name);
        resolve();
      };
      this.#wakers.set(name, end);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }
}

function nameOf(turn: Turn): string {
  return `wait/${turn.id}`;
}
