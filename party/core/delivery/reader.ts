/** What delivery knows of a session: its socket, its cursor, and what it may be sent. */
import type { RoomSocket } from "../ports.ts";

/** All positions of one reader: the room-level frames it received, and how much of each turn that isn't settled. */
export interface ReaderCursor {
  /** The epoch that the positions belong to; empty before the first sync. */
  epoch: string;
  seq: number;
  readonly offsets: Map<string, number>;
}

export interface Reader {
  readonly socket: RoomSocket;
  readonly cursor: ReaderCursor;
  /** The only turn that the reader reads; undefined for the whole room. */
  readonly only: string | undefined;
  /** A sync is being prepared: nothing else is sent until it has left. */
  isSyncing: boolean;
  /** The newest version of ephemeral state that the reader received. */
  stateSeen: number;
  /** From this time on the reader gets nothing until its token has been checked (`room/sessions/token-expiry.ts`). */
  readonly checkAt: number;
}
