/**
 * The sessions of a room, by socket, and who of them may stay when the room is full. It sends and closes nothing: the caller
 * closes the session that loses.
 */
import { viewerTimeoutMs } from "../../../../shared/protocol/limits.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { RoomSocket } from "../../ports.ts";
import { isOneUser, oldestOfLargest } from "../fair-share.ts";
import type { Session } from "./session.ts";

export class SessionList implements Iterable<Session> {
  readonly #policy: RoomPolicy;
  /** Oldest first. */
  readonly #sessions = new Map<RoomSocket, Session>();

  constructor(policy: RoomPolicy) {
    this.#policy = policy;
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions.values();
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(socket: RoomSocket): Session | undefined {
    return this.#sessions.get(socket);
  }

  /** Whether this very session is open. By identity: a newer socket may have the same connection id. */
  has(session: Session): boolean {
    return this.#sessions.get(session.socket) === session && !session.isClosed;
  }

  add(session: Session): void {
    this.#sessions.set(session.socket, session);
  }

  remove(session: Session): void {
    if (this.#sessions.get(session.socket) === session) this.#sessions.delete(session.socket);
  }

  welcomed(): Session[] {
    return [...this].filter(({ phase }) => phase.state === "welcomed");
  }

  /** Viewers with a socket or stream: welcomed, and with a sign of life lately (R6). */
  viewers(now: number): number {
    const since = now - viewerTimeoutMs;
    let count = 0;
    for (const { phase, socket, seenAt } of this) {
      if (phase.state === "welcomed" && socket.isOpen && seenAt >= since) count += 1;
    }
    return count;
  }

  /** Whether a welcomed session of this user is open. */
  isReadBy(sub: string): boolean {
    return this.welcomed().some(({ principal }) => principal?.sub === sub);
  }

  /**
   * After a socket was accepted: the session that must go, if any. Sockets without a hello have a bound of their own. The
   * address with the most unauthenticated sockets loses its oldest one, so that nobody locks others out (S2).
   */
  loserAtOpen(newcomer: Session): Session | undefined {
    const greeting = [...this].filter((session) => session.phase.state === "greeting" && session.isUnauthenticated);
    if (greeting.length > this.#policy.maxGreetingSockets) return oldestOfLargest(greeting, addressOf);
    if (this.#sessions.size <= this.#policy.maxSockets) return undefined;
    const unauthenticated = [...this].filter((session) => session.isUnauthenticated);
    if (unauthenticated.length > 1) return oldestOfLargest(unauthenticated, addressOf);
    // Its token may show that it is owed a place.
    return this.#largestUser() === undefined ? newcomer : undefined;
  }

  /**
   * Before a session of `sub` enters: who must go, if anybody. In a room full of authenticated sessions the user with the most
   * loses the oldest one; where that is `sub` or nobody, the newcomer loses.
   * @param newcomer the session, where its socket is in the list already.
   */
  loserAtEntry(sub: string, newcomer?: Session): Session | "newcomer" | undefined {
    const authenticated = [...this].filter((session) => session !== newcomer && session.principal !== undefined);
    if (authenticated.length < this.#policy.maxSockets) {
      if (newcomer !== undefined || this.#sessions.size < this.#policy.maxSockets) return undefined;
      return oldestOfLargest(
        [...this].filter((session) => session.isUnauthenticated),
        addressOf,
      );
    }
    const largest = this.#largestUser();
    return largest === undefined || subOf(largest) === sub ? "newcomer" : largest;
  }

  /** The oldest session of the user with the most sessions; undefined where no single user has two. */
  #largestUser(): Session | undefined {
    const users = [...this].filter(({ principal }) => principal !== undefined && isOneUser(principal));
    const largest = oldestOfLargest(users, subOf);
    if (largest === undefined) return undefined;
    return users.filter((session) => subOf(session) === subOf(largest)).length > 1 ? largest : undefined;
  }
}

function addressOf({ identity }: Session): string {
  return identity.address ?? "";
}

function subOf({ principal }: Session): string {
  return principal?.sub ?? "";
}
