/**
 * Where an outbox outlives its page: one item of web storage for each gateway and room. What is read back was written by
 * whoever had the storage, so each entry is checked as if it came from a stranger: one frame that is not well-formed would
 * cost the new page its session (`bad-frame`).
 *
 * A duplicated tab starts with a copy of all this and says the same submits again. Their ids make that harmless (T1).
 */
import { defined } from "../../shared/defined.ts";
import type { TurnInput, TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import { epochPattern } from "../../shared/protocol/limits.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import type { OutboxStorage } from "../api/api.ts";
import { assertSendable, isId, isRecord, submitFrame, tooLarge } from "./submit-frame.ts";

/** One wish, as it is kept. A clear is not: it takes everything from everyone, so it is not carried out by a later page. */
export type KeptEntry =
  | {
      readonly kind: "submit";
      readonly frame: TurnSubmitFrame;
      readonly submittedAt: number;
      /** It was said on some connection: the room may have it. */
      readonly said: boolean;
      /** Its stop was asked for. */
      readonly cancelled: boolean;
      readonly refused?: ErrorFrame;
    }
  | { readonly kind: "cancel"; readonly turnId: string };

/** Beside prompts of 64 KiB this is a handful; a tab has about 5 MiB, which belong to its page. */
const maxKeptUnits = 512 * 1024;
/** Half of the time a room remembers ids (T1): until then a repeat certainly runs nothing twice. */
export const keptForMs = 12 * 3_600_000;
const storeVersion = 1;

export class OutboxStore {
  readonly #storage: OutboxStorage | undefined;
  readonly #key: string;
  #written: string | undefined;

  constructor(storage: OutboxStorage | undefined, gateway: string, room: string) {
    this.#storage = storage;
    this.#key = `edge-chat.outbox.${gateway}/${room}`;
  }

  /** What the page before left behind, in its order. Anything that is not ours reads as nothing. */
  load(now: number): KeptEntry[] {
    try {
      const kept: unknown = JSON.parse(this.#storage?.getItem(this.#key) ?? "null");
      if (!isRecord(kept) || kept["v"] !== storeVersion || !Array.isArray(kept["entries"])) return [];
      return kept["entries"].flatMap((entry) => parseEntry(entry, now) ?? []);
    } catch {
      return []; // Forbidden, or not JSON: the page works without memory.
    }
  }

  save(entries: readonly KeptEntry[]): void {
    if (this.#storage === undefined) return;
    const text = serialize(entries);
    if (text === this.#written) return;
    this.#written = text;
    try {
      if (text === "") this.#storage.removeItem(this.#key);
      else this.#storage.setItem(this.#key, text);
    } catch {
      // Full or forbidden. What stands there is older than what just happened: a withdrawn question must not come back.
      this.#written = undefined;
      try {
        this.#storage.removeItem(this.#key);
      } catch {
        // Forbidden altogether: then nothing stands there.
      }
    }
  }
}

/** The tab's own storage, where there is one and it may be used. */
export function tabStorage(): OutboxStorage | undefined {
  try {
    return globalThis.sessionStorage as OutboxStorage | undefined;
  } catch {
    return undefined; // Sandboxed frames and blocked cookies throw at the mere mention.
  }
}

function serialize(entries: readonly KeptEntry[]): string {
  let units = 0;
  const kept = entries
    .map((entry) => JSON.stringify(entry))
    .filter((text) => {
      // One that does not fit is passed over; what comes after it may.
      const fits = units + text.length <= maxKeptUnits;
      if (fits) units += text.length;
      return fits;
    });
  return kept.length === 0 ? "" : `{"v":${storeVersion},"entries":[${kept.join(",")}]}`;
}

function parseEntry(entry: unknown, now: number): KeptEntry | undefined {
  if (!isRecord(entry)) return undefined;
  const { kind, turnId, submittedAt, said, cancelled, refused } = entry;
  if (kind === "cancel") return isId(turnId) ? { kind, turnId } : undefined;
  const frame = parseFrame(entry["frame"]);
  if (kind !== "submit" || frame === undefined || typeof submittedAt !== "number") return undefined;
  const isOld = now - submittedAt > keptForMs;
  if (isOld && cancelled === true) return undefined;
  const refusal = isError(refused) ? refused : (tooLarge(frame) ?? (isOld ? staleError(frame.turnId) : undefined));
  const isCancelled = cancelled === true;
  return defined({ kind, frame, submittedAt, said: said !== false, cancelled: isCancelled, refused: refusal });
}

/** Made anew from its fields by the rules for any submit. */
function parseFrame(value: unknown): TurnSubmitFrame | undefined {
  if (!isRecord(value)) return undefined;
  const { turnId, epoch, input } = value;
  if (!isId(turnId) || !isRecord(input)) return undefined;
  if (epoch !== undefined && !(typeof epoch === "string" && epochPattern.test(epoch))) return undefined;
  try {
    const frame = submitFrame(input as TurnInput, value);
    assertSendable(frame);
    return epoch === undefined ? frame : { ...frame, epoch };
  } catch {
    return undefined; // Not a submit, or one that would have been refused when it was made.
  }
}

/** Kept too long to be asked unasked: the text stays, and whoever finds it decides. */
function staleError(turnId: string): ErrorFrame {
  const message = "The message waited too long to be sent.";
  return { type: "error", code: "turn-stale", message, turnId, retryable: false };
}

function isError(value: unknown): value is ErrorFrame {
  return isRecord(value) && typeof value["code"] === "string" && typeof value["message"] === "string";
}
