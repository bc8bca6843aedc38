/**
 * Stores the outbox over a reload: one item of web storage for each gateway and room. Each entry that is read back is checked
 * as if a stranger had written it: one malformed frame would cost the new page its session (`bad-frame`).
 *
 * A duplicated tab starts with a copy of the outbox and sends the same submits again. Their ids make that harmless (T1).
 */
import { defined } from "../../shared/defined.ts";
import type { TurnInput, TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import { epochPattern } from "../../shared/protocol/limits.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import type { OutboxStorage } from "../api/api.ts";
import { assertSendable, isId, isRecord, submitFrame, tooLarge } from "./submit-frame.ts";

/** One stored entry. A clear isn't stored: it removes everything for everyone, so a later page must not carry it out. */
export type KeptEntry =
  | {
      readonly kind: "submit";
      readonly frame: TurnSubmitFrame;
      readonly submittedAt: number;
      /** It was sent on some connection: the room may have it. */
      readonly said: boolean;
      /** The user stopped it. */
      readonly cancelled: boolean;
      readonly refused?: ErrorFrame;
    }
  | { readonly kind: "cancel"; readonly turnId: string };

/** Room for a question with files and a few long prompts. A tab has about 5 MiB, which belong to its page. */
const maxKeptUnits = 1024 * 1024;
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

  /** The previous page's entries, in order. Anything that isn't ours reads as nothing. */
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

/** The tab's own storage, where there is one and it may be used. Node and Deno share one between all users of a process. */
export function tabStorage(): OutboxStorage | undefined {
  if (typeof document === "undefined") return undefined;
  try {
    return globalThis.sessionStorage as OutboxStorage | undefined;
  } catch {
    return undefined; // The mere access throws in sandboxed frames and where cookies are blocked.
  }
}

function serialize(entries: readonly KeptEntry[]): string {
  let units = 0;
  const kept = entries
    .map((entry) => JSON.stringify(entry))
    .filter((text) => {
      // An entry that is too large is left out; the ones after it may fit.
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

/** Built anew from its fields, by the rules for any submit. */
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

/** Stored too long to be sent without a person's wish: the text stays, and the person decides. */
function staleError(turnId: string): ErrorFrame {
  const message = "The message waited too long to be sent.";
  return { type: "error", code: "turn-stale", message, turnId, retryable: false };
}

function isError(value: unknown): value is ErrorFrame {
  return isRecord(value) && typeof value["code"] === "string" && typeof value["message"] === "string";
}
