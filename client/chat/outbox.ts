/**
 * Keeps what the user wants and the room has not answered yet: submits, stops and a clear, in order. It has no socket and no
 * clock: its owner reports lost connections and what the room shows, and asks which frames to send.
 *
 * A submit may be sent again on the next connection because its id is an idempotency key (T1). It is dropped when the room
 * shows its turn, and kept as refused, with its text, when an error names it. Every change is stored before it is acted on,
 * so that a reloaded page continues as after a lost connection.
 */
import { defined } from "../../shared/defined.ts";
import type { ClientFrame, TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import { assertNever } from "../../shared/result.ts";
import type { RoomView } from "../../shared/transcript.ts";
import type { PendingTurn } from "../api/api.ts";
import type { KeptEntry } from "./outbox-store.ts";

/** `on-its-way`: sent on this connection. `unsure`: sent on a lost connection, so the room may have received it or not. */
type Sent = "not-yet" | "unsure" | "on-its-way";

/** The subject of an error frame. */
export type RefusedCommand = "submit" | "stop" | "clear";

interface Submit {
  readonly kind: "submit";
  turn: PendingTurn;
  frame: TurnSubmitFrame;
  sent: Sent;
  /** Connections that were lost before the room answered it. */
  losses: number;
  /** The user stopped it: it is never sent again, but a room that may have it gets the stop. */
  cancelled: boolean;
}
interface Cancel {
  readonly kind: "cancel";
  readonly turnId: string;
  sent: boolean;
}
interface Clear {
  readonly kind: "clear";
  readonly epoch: string | undefined;
}
type Entry = Submit | Cancel | Clear;

/** A firewall that dislikes the words of a submit ends each connection that it is sent on. */
const maxLosses = 3;

export class Outbox {
  readonly #keep: (entries: readonly KeptEntry[]) => void;
  /** Replaced, never changed in place, so that a loop over it may drop and add. */
  #entries: readonly Entry[] = [];
  /** The epoch that a clear sent on this connection ends: submits wait for the next epoch, which they have to name. */
  #endingEpoch: string | undefined;
  #pending: readonly PendingTurn[] = [];
  #stopping: ReadonlySet<string> = new Set();

  /** Starts with what the previous page left, and passes on, at each change, all that the next page would need. */
  constructor(left: readonly KeptEntry[], keep: (entries: readonly KeptEntry[]) => void) {
    this.#keep = keep;
    // The end of the previous page is a lost connection.
    this.#entries = left.map(entryOf);
    this.disconnected();
  }

  /** The same arrays and sets until something changes. */
  get pending(): readonly PendingTurn[] {
    return this.#pending;
  }
  get stopping(): ReadonlySet<string> {
    return this.#stopping;
  }

  /** Adds a submit. One that is known already is left alone, one that was refused is tried again. */
  submit(frame: TurnSubmitFrame, submittedAt: number, view: RoomView, refused?: ErrorFrame): void {
    const known = this.#submitOf(frame.turnId);
    if (known !== undefined && !isRefused(known)) return;
    if (known !== undefined) this.#drop(known);
    const turn = pendingTurn(frame, submittedAt, refused);
    const entry: Submit = { kind: "submit", turn, frame, sent: "not-yet", losses: 0, cancelled: false };
    if (!this.#isEnding(view) && !this.#entries.some(({ kind }) => kind === "clear")) stamp(entry, view);
    this.#entries = [...this.#entries, entry];
    this.#changed();
  }

  /** Stops a turn: a submit that has not been sent is withdrawn, a settled turn is left alone. */
  cancel(turnId: string, view: RoomView): void {
    if (view.turns.some((turn) => turn.id === turnId && turn.state === "settled")) return;
    const submit = this.#submitOf(turnId);
    if (submit !== undefined && isRefused(submit)) return;
    if (submit?.sent === "not-yet") this.#drop(submit);
    else if (submit?.sent === "unsure") submit.cancelled = true;
    else if (!this.#stopping.has(turnId)) {
      if (submit !== undefined) submit.cancelled = true;
      this.#entries = [...this.#entries, { kind: "cancel", turnId, sent: false }];
    }
    this.#changed();
  }

  /**
   * Clears the room and withdraws earlier submits. A clear is sent once and never again: the room may have moved on by then.
   * Stops stay, because a clear that is lost with its socket must not lose them too.
   */
  clear(view: RoomView): void {
    const stops = this.#entries.filter(
      (entry) => entry.kind === "cancel" || (entry.kind === "submit" && entry.cancelled),
    );
    this.#entries = [...stops, { kind: "clear", epoch: view.epoch }];
    this.#changed();
  }

  dismiss(turnId: string): void {
    const submit = this.#submitOf(turnId);
    if (submit === undefined || !isRefused(submit)) return;
    this.#drop(submit);
    this.#changed();
  }

  /** An error arrived. @returns what it refused; undefined if it concerns nothing in here */
  refuse(error: ErrorFrame): RefusedCommand | undefined {
    const { turnId } = error;
    if (turnId === undefined) {
      // It may be the answer to a clear: submits no longer wait for the next epoch.
      if (this.#endingEpoch === undefined) return undefined;
      this.#endingEpoch = undefined;
      return "clear";
    }
    const about = this.#entries.filter((entry) => turnIdOf(entry) === turnId && !isRefused(entry));
    if (about.length === 0) return undefined;
    let refused: RefusedCommand = "stop";
    for (const entry of about) {
      if (entry.kind === "submit") {
        refused = "submit";
        // A refused submit that was to be stopped anyway is of no interest any more.
        if (!entry.cancelled) {
          entry.turn = { ...entry.turn, refused: error };
          continue;
        }
      }
      this.#drop(entry);
    }
    this.#changed();
    return refused;
  }

  /** The connection is gone: nobody knows what arrived. */
  disconnected(): void {
    this.#endingEpoch = undefined;
    for (const entry of this.#entries) {
      if (entry.kind === "submit" && entry.sent === "on-its-way") handleLoss(entry);
      if (entry.kind === "cancel") entry.sent = false;
    }
    // From here the stop follows its submit: it is sent when the room shows the turn, or in place of the submit.
    const unsure = new Set(this.#entries.flatMap((entry) => (isUnsureCancelled(entry) ? [entry.turn.id] : [])));
    this.#entries = this.#entries.filter((entry) => entry.kind !== "cancel" || !unsure.has(entry.turnId));
    this.#changed();
  }

  /** Drops what the room's view has answered. The view must be synced on this connection. */
  reconcile(view: RoomView): void {
    const before = this.#entries;
    for (const entry of before) {
      if (entry.kind === "clear") {
        if (entry.epoch !== undefined && entry.epoch !== view.epoch) this.#drop(entry);
        continue;
      }
      const turnId = turnIdOf(entry);
      const turn = view.turns.findLast(({ id }) => id === turnId);
      if (entry.kind === "submit") {
        if (turn !== undefined) {
          this.#drop(entry);
          const isAsked = this.#entries.some((other) => other.kind === "cancel" && other.turnId === turnId);
          if (entry.cancelled && !isAsked && turn.state !== "settled") {
            this.#entries = [...this.#entries, { kind: "cancel", turnId: turn.id, sent: false }];
          }
        } else if (entry.sent === "on-its-way" && entry.frame.epoch !== view.epoch) {
          // Somebody cleared the room meanwhile. Sent again, the submit is refused with `turn-stale`.
          entry.sent = "unsure";
        }
      } else if (turn?.state === "settled" || (turn === undefined && this.#submitOf(entry.turnId) === undefined)) {
        this.#drop(entry);
      }
    }
    if (this.#entries !== before) this.#changed();
  }

  /** The frames to send now, in order; they count as sent. */
  due(view: RoomView): ClientFrame[] {
    const frames: ClientFrame[] = [];
    let isSuspectOut = false;
    for (const entry of this.#entries) {
      switch (entry.kind) {
        case "clear":
          this.#endingEpoch = view.epoch;
          this.#drop(entry);
          frames.push({ type: "room-clear" });
          break;
        case "cancel":
          if (!entry.sent) frames.push({ type: "turn-cancel", turnId: entry.turnId });
          entry.sent = true;
          break;
        case "submit":
          if (isRefused(entry)) break;
          // One that may have ended a connection is sent alone, or later ones would be suspected with it.
          isSuspectOut ||= entry.sent === "on-its-way" && entry.losses > 0;
          if (entry.sent === "on-its-way" || isSuspectOut) break;
          if (entry.cancelled) {
            // Not submitted again. The room remembers the stop of an id it doesn't know, should the submit still arrive (T1).
            this.#drop(entry);
            frames.push({ type: "turn-cancel", turnId: entry.turn.id });
          } else if (!this.#isEnding(view)) {
            stamp(entry, view);
            entry.sent = "on-its-way";
            isSuspectOut = entry.losses > 0;
            frames.push(entry.frame);
          }
          break;
        default:
          assertNever(entry);
      }
    }
    if (frames.length > 0) this.#changed();
    return frames;
  }

  #isEnding(view: RoomView): boolean {
    return view.epoch !== undefined && view.epoch === this.#endingEpoch;
  }

  #submitOf(turnId: string): Submit | undefined {
    return this.#entries.find((entry): entry is Submit => entry.kind === "submit" && entry.turn.id === turnId);
  }

  #drop(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  #changed(): void {
    this.#keep(this.#entries.flatMap((entry) => keptOf(entry) ?? []));
    const pending = this.#entries.flatMap((entry) => (entry.kind === "submit" ? [entry.turn] : []));
    const stopping = new Set(
      this.#entries.flatMap((entry) => {
        if (entry.kind === "cancel") return [entry.turnId];
        return entry.kind === "submit" && entry.cancelled ? [entry.turn.id] : [];
      }),
    );
    const isSame = pending.length === this.#pending.length && pending.every((turn, at) => turn === this.#pending[at]);
    if (!isSame) this.#pending = pending;
    const isSameSet = stopping.size === this.#stopping.size && [...stopping].every((id) => this.#stopping.has(id));
    if (!isSameSet) this.#stopping = stopping;
  }
}

function handleLoss(submit: Submit): void {
  submit.sent = "unsure";
  submit.losses += 1;
  if (submit.losses < maxLosses || submit.cancelled) return;
  const { id: turnId } = submit.turn;
  const message = "Each connection broke off.";
  submit.turn = {
    ...submit.turn,
    refused: { type: "error", code: "request-blocked", message, retryable: true, turnId },
  };
}

function pendingTurn(frame: TurnSubmitFrame, submittedAt: number, refused: ErrorFrame | undefined): PendingTurn {
  const { turnId: id, input, replaces } = frame;
  return defined({ id, input, submittedAt, replaces, refused });
}

function keptOf(entry: Entry): KeptEntry | undefined {
  if (entry.kind === "clear") return undefined;
  if (entry.kind === "cancel") return { kind: "cancel", turnId: entry.turnId };
  const { turn, frame, cancelled } = entry;
  const { submittedAt, refused } = turn;
  const said = entry.sent !== "not-yet";
  return defined({ kind: "submit", frame, submittedAt, said, cancelled, refused });
}

function entryOf(kept: KeptEntry): Entry {
  if (kept.kind === "cancel") return { kind: "cancel", turnId: kept.turnId, sent: false };
  const { frame, submittedAt, refused, cancelled } = kept;
  const turn = pendingTurn(frame, submittedAt, refused);
  return { kind: "submit", turn, frame, sent: kept.said ? "unsure" : "not-yet", losses: 0, cancelled };
}

/** T1: a submit belongs for good to the epoch in which it was made, or to the first one it meets. */
function stamp(submit: Submit, view: RoomView): void {
  if (submit.frame.epoch === undefined && view.epoch !== undefined)
    submit.frame = { ...submit.frame, epoch: view.epoch };
}

function turnIdOf(entry: Entry): string | undefined {
  if (entry.kind === "clear") return undefined;
  return entry.kind === "cancel" ? entry.turnId : entry.turn.id;
}

function isRefused(entry: Entry): boolean {
  return entry.kind === "submit" && entry.turn.refused !== undefined;
}

function isUnsureCancelled(entry: Entry): entry is Submit {
  return entry.kind === "submit" && entry.cancelled && entry.sent === "unsure";
}
