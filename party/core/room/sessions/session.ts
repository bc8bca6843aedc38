/**
 * One client in the room: its phase, the cursor of what it has received, and its allowances. A session outlives an eviction
 * through the attachment of its socket. `session-list.ts` owns the sessions.
 */

import { defined } from "../../../../shared/defined.ts";
import type { ClientFrame, Have } from "../../../../shared/protocol/client-frames.ts";
import type { Reader, ReaderCursor } from "../../delivery/reader.ts";
import { type BucketRate, TokenBucket } from "../../limiter/token-bucket.ts";
import type { RoomSocket, Timer } from "../../ports.ts";
import { type Principal, type SocketIdentity, unverified } from "../../principal.ts";
import { fitAttachment } from "./attachment.ts";

/** Frames that wait for their turn until the session is welcomed. */
export interface WaitingFrames {
  readonly frames: ClientFrame[];
  units: number;
}

/** greeting → checking → entering → welcomed. Streams begin at entering. Any phase may go to closed; closed is final. */
export type SessionPhase =
  /** The client hasn't said hello: only a hello counts (R1). */
  | { readonly state: "greeting"; readonly helloTimer: Timer }
  /** The token of the hello is being checked. */
  | { readonly state: "checking"; readonly waiting: WaitingFrames }
  /** The token is good, and the first sync is being prepared. */
  | { readonly state: "entering"; readonly principal: Principal; readonly waiting: WaitingFrames }
  | { readonly state: "welcomed"; readonly principal: Principal }
  | { readonly state: "closed" };

export interface SessionOptions {
  readonly id: string;
  readonly socket: RoomSocket;
  /** When the socket was accepted, ms since 1970. */
  readonly acceptedAt: number;
  readonly phase: SessionPhase;
  /** Client frames that the session may send (S2). */
  readonly frameRate: BucketRate;
  /** What the shell verified before the room saw the socket. */
  readonly identity?: SocketIdentity;
  /** The only turn that this session reads; undefined for the whole room. */
  readonly only?: string | undefined;
}

export class Session implements Reader {
  readonly id: string;
  readonly socket: RoomSocket;
  readonly acceptedAt: number;
  readonly identity: SocketIdentity;
  readonly only: string | undefined;
  phase: SessionPhase;
  readonly cursor: ReaderCursor = { epoch: "", seq: 0, offsets: new Map() };
  isSyncing = false;
  stateSeen = 0;
  readonly frameAllowance: TokenBucket;
  /** When the newest frame of this session arrived, ms since 1970. */
  heardAt: number;
  /** When its token must be checked again, ms since 1970; 0 before the first check. */
  checkAt = 0;
  /** The client was warned that its token is about to expire. */
  isWarned = false;
  /** The session was asked to leave (`goaway`) and is closed after this time, ms since 1970. */
  leaveBy: number | undefined;
  /** Frames of a session that outlived an eviction, until its room has read what decides about them. */
  held: WaitingFrames | undefined;

  constructor({ id, socket, acceptedAt, phase, frameRate, identity = unverified, only }: SessionOptions) {
    this.id = id;
    this.socket = socket;
    this.acceptedAt = acceptedAt;
    this.heardAt = acceptedAt;
    this.phase = phase;
    this.identity = identity;
    this.only = only;
    this.frameAllowance = new TokenBucket(frameRate, acceptedAt);
  }

  /** When the client last showed a sign of life: a frame, or a ping that the runtime answered. */
  get seenAt(): number {
    return Math.max(this.heardAt, this.socket.pongedAt ?? 0);
  }

  /** The verified user; undefined before a token has been checked, and after the end. */
  get principal(): Principal | undefined {
    if ("principal" in this.phase) return this.phase.principal;
    return this.isClosed ? undefined : this.identity.principal;
  }

  /** Nobody knows yet who the client is. Such sessions are the first to lose when the room is full. */
  get isUnauthenticated(): boolean {
    return !this.isClosed && this.principal === undefined;
  }

  get isClosed(): boolean {
    return this.phase.state === "closed";
  }

  /** What the client holds: its last sync and the frames after it. */
  have(): Have {
    const { epoch, seq, offsets } = this.cursor;
    return { epoch, seq, offsets: Object.fromEntries(offsets) };
  }

  /** A sync has been sent, or a wake found what was stored. */
  hold({ epoch, seq, offsets }: Have): void {
    const { cursor } = this;
    cursor.epoch = epoch;
    cursor.seq = seq;
    cursor.offsets.clear();
    for (const [turnId, offset] of Object.entries(offsets)) cursor.offsets.set(turnId, offset);
  }

  /** Stores with the socket what a wake needs of this session. */
  attach(): void {
    const { phase, socket, id, acceptedAt, heardAt, leaveBy } = this;
    const welcomed = phase.state === "welcomed" ? { principal: phase.principal, have: this.have() } : undefined;
    socket.attach(
      fitAttachment(defined({ v: 1, id, acceptedAt, heardAt, leaveBy, welcomed }), socket.maxAttachmentBytes),
    );
  }
}
