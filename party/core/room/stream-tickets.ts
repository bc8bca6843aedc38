/**
 * Tickets for `EventSource`, which can send no header (S1): the one credential that may stand in an address. A ticket is good
 * for 30 s and opens one stream session. The browser asks for the same address again when a stream is cut, so it stays good
 * for that session: who comes again must show, in the `Last-Event-ID` that browsers send by themselves, the proof which the
 * session was given in its `id:`. An address alone, from a log or a history, opens nothing after its first use.
 */
import * as z from "zod/mini";
import { fail, ok, type Result } from "../../../shared/result.ts";
import type { RoomPorts } from "../ports.ts";
import type { Refusal } from "../principal.ts";
import { type Principal, principalSchema } from "../principal-schema.ts";

/** From the answer to the page's next line: longer than any network between them takes. */
export const ticketLifeMs = 30_000;
/** Of a session whose token does not run out. */
const sessionLifeMs = 3_600_000;
/** Of one room at a time; the oldest gives way. All of them are one stored value of some 20 KiB. */
const maxTickets = 64;
const key = "tickets";

const entrySchema = z.object({
  ticket: z.string(),
  principal: principalSchema,
  /** Until its first use; then of its session. Ms since 1970. */
  until: z.number(),
  /** Drawn at the first use. */
  proof: z.exactOptional(z.string()),
});
type Entry = z.infer<typeof entrySchema>;
const storedSchema = z.object({ v: z.literal(1), entries: z.array(entrySchema) });

export interface Ticket {
  readonly ticket: string;
  readonly expiresAt: number;
}

/** Who opened a stream session, and what its reader must show to open it again. */
export interface TicketSession {
  readonly principal: Principal;
  readonly proof: string;
}

type TicketPorts = Pick<RoomPorts, "storage" | "clock" | "newId" | "isRevoked">;

const refused: Refusal = {
  code: "unauthenticated",
  detail: "The ticket is used, has expired, or is none. Ask for another one.",
};

export class Tickets {
  readonly #ports: TicketPorts;
  #entries: Entry[] = [];

  constructor(ports: TicketPorts) {
    this.#ports = ports;
  }

  /** Before anything else is asked. */
  async load(): Promise<void> {
    const stored = storedSchema.safeParse((await this.#ports.storage.get([key])).get(key));
    // What another version stored is no longer good: who holds such a ticket asks for another.
    if (stored.success) this.#entries = stored.data.entries;
  }

  /** When the last of them runs out; undefined where there is none. */
  get lastUntil(): number | undefined {
    return this.#entries.length === 0 ? undefined : Math.max(...this.#entries.map(({ until }) => until));
  }

  /** Resolves when it is durable. */
  async issue(principal: Principal): Promise<Ticket> {
    const expiresAt = Math.min(this.#ports.clock.now() + ticketLifeMs, principal.expiresAt ?? Number.POSITIVE_INFINITY);
    const ticket = this.#ports.newId();
    this.#entries = [...this.#live(), { ticket, principal, until: expiresAt }].slice(-maxTickets);
    await this.#store();
    return { ticket, expiresAt };
  }

  /**
   * Opens the session of a ticket, or opens it again. Resolves when its use is durable: a ticket is never used twice.
   * @param proof of the `Last-Event-ID`, where one came.
   */
  async redeem(ticket: string, proof: string | undefined): Promise<Result<TicketSession, Refusal>> {
    const now = this.#ports.clock.now();
    const entry = this.#live().find((candidate) => isSame(candidate.ticket, ticket));
    if (entry === undefined) return fail(refused);
    const { principal } = entry;
    if (entry.proof !== undefined) {
      if (proof === undefined || !isSame(entry.proof, proof)) return fail(refused);
    } else {
      entry.proof = this.#ports.newId();
      entry.until = principal.expiresAt ?? now + sessionLifeMs;
      await this.#store();
    }
    if (await this.#ports.isRevoked(principal)) return fail(refused);
    return ok({ principal, proof: entry.proof });
  }

  /** Forgets what has run out. */
  async prune(): Promise<void> {
    const live = this.#live();
    if (live.length === this.#entries.length) return;
    this.#entries = live;
    await this.#store();
  }

  #live(): Entry[] {
    const now = this.#ports.clock.now();
    return this.#entries.filter(({ until }) => until > now);
  }

  #store(): Promise<void> {
    const { storage } = this.#ports;
    if (this.#entries.length === 0) return storage.commit({ put: new Map(), delete: [key] });
    return storage.commit({ put: new Map([[key, { v: 1, entries: structuredCopy(this.#entries) }]]), delete: [] });
  }
}

/** What is stored must not change with what is in memory. */
function structuredCopy(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry }));
}

/** Takes as long for a wrong text as for the right one of its length, which is no secret. */
function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}
