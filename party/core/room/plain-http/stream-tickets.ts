/**
 * Tickets for `EventSource`, which can't send headers (S1): the one credential that may stand in an address. A ticket is valid
 * for 30 s and opens one stream session. The browser requests the same address again when a stream is cut, so it stays valid
 * for that session: the client must then send, in the `Last-Event-ID` that browsers repeat by themselves, the proof that the
 * session got in its `id:`. An address alone, from a log or a history, opens nothing after its first use.
 */
import * as z from "zod/mini";
import { fail, ok, type Result } from "../../../../shared/result.ts";
import type { RoomPorts } from "../../ports.ts";
import { type AccessRefusal, badTicket } from "../../principal.ts";
import { type Principal, principalSchema } from "../../principal-schema.ts";
import { oldestOfLargest } from "../fair-share.ts";

/** From the answer to the page's next statement: longer than any network between them takes. */
export const ticketLifeMs = 30_000;
/** A session whose token doesn't expire. */
const sessionLifeMs = 3_600_000;
/** Of one room. In a full room the user with the most tickets loses the oldest. All are one stored value of about 20 KiB. */
const maxTickets = 64;
const key = "tickets";

const entrySchema = z.object({
  ticket: z.string(),
  principal: principalSchema,
  /** When the ticket expires; after its first use, when its session does. Ms since 1970. */
  until: z.number(),
  /** Made at the first use. */
  proof: z.exactOptional(z.string()),
});
type Entry = z.infer<typeof entrySchema>;
const storedSchema = z.object({ v: z.literal(1), entries: z.array(entrySchema) });

export interface Ticket {
  readonly ticket: string;
  readonly expiresAt: number;
}

/** The user of a stream session, and the proof that its client must send to open it again. */
export interface TicketSession {
  readonly principal: Principal;
  readonly proof: string;
}

type TicketPorts = Pick<RoomPorts, "storage" | "clock" | "newId" | "isRevoked">;

export class Tickets {
  readonly #ports: TicketPorts;
  /** Oldest first. */
  #entries: Entry[] = [];

  constructor(ports: TicketPorts) {
    this.#ports = ports;
  }

  /** Called once, before anything else. */
  async load(): Promise<void> {
    const stored = storedSchema.safeParse((await this.#ports.storage.get([key])).get(key));
    // A value of another version is dropped: its clients request new tickets.
    if (stored.success) this.#entries = stored.data.entries;
  }

  /** When the last ticket expires; undefined where there is none. */
  get lastUntil(): number | undefined {
    return this.#entries.length === 0 ? undefined : Math.max(...this.#entries.map(({ until }) => until));
  }

  /** Resolves when it is durable. */
  async issue(principal: Principal): Promise<Ticket> {
    const expiresAt = Math.min(this.#ports.clock.now() + ticketLifeMs, principal.expiresAt ?? Number.POSITIVE_INFINITY);
    const ticket = this.#ports.newId();
    this.#entries = [...this.#live(), { ticket, principal, until: expiresAt }];
    if (this.#entries.length > maxTickets) {
      const loser = oldestOfLargest(this.#entries, ({ principal: { sub } }) => sub);
      this.#entries = this.#entries.filter((entry) => entry !== loser);
    }
    await this.#store();
    return { ticket, expiresAt };
  }

  /**
   * Opens the session of a ticket, or opens it again. Resolves when its use is durable: a ticket is never used twice.
   * @param proof of the `Last-Event-ID`, where one came.
   */
  async redeem(ticket: string, proof: string | undefined): Promise<Result<TicketSession, AccessRefusal>> {
    const now = this.#ports.clock.now();
    const entry = this.#live().find((candidate) => isSame(candidate.ticket, ticket));
    if (entry === undefined) return fail(badTicket);
    const { principal } = entry;
    if (entry.proof !== undefined) {
      if (proof === undefined || !isSame(entry.proof, proof)) return fail(badTicket);
    } else {
      entry.proof = this.#ports.newId();
      entry.until = principal.expiresAt ?? now + sessionLifeMs;
      await this.#store();
    }
    if (await this.#ports.isRevoked(principal)) return fail(badTicket);
    return ok({ principal, proof: entry.proof });
  }

  /** Removes expired tickets. */
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

/** Storage may keep the value that it gets, so entries that change in memory are copied. */
function structuredCopy(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry }));
}

/** Takes as long for a wrong text as for the right one. The length isn't secret. */
function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}
