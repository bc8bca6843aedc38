/**
 * One socket's stay in the room: before and after its welcome, and what must outlive an eviction. A session's frames are
 * handled in order; while its hello is being checked, the next few wait.
 */
import * as z from "zod/mini";
import { type ClientFrame, type Have, haveSchema } from "../../../shared/protocol/client-frames.ts";
import type { Reader, ReaderCursor } from "../delivery/delivery.ts";
import { type BucketRate, TokenBucket } from "../limiter/token-bucket.ts";
import type { RoomSocket, Timer } from "../ports.ts";
import type { SocketIdentity } from "../principal.ts";
import { type Principal, principalSchema } from "../principal-schema.ts";

export type SessionPhase =
  /** No hello yet: only a hello counts (R1). */
  | { readonly state: "greeting"; readonly helloTimer: Timer; readonly identity: SocketIdentity }
  /** The hello is being checked, or its sync prepared; frames wait in order. */
  | { readonly state: "checking"; readonly waiting: ClientFrame[] }
  | { readonly state: "welcomed"; readonly principal: Principal }
  | { readonly state: "closed" };

export class Session implements Reader {
  readonly id: string;
  readonly socket: RoomSocket;
  /** When the socket was accepted, ms since 1970. */
  readonly acceptedAt: number;
  readonly only: string | undefined;
  phase: SessionPhase;
  readonly cursor: ReaderCursor = { epoch: "", seq: 0, offsets: new Map() };
  syncing = false;
  ambientSeen = 0;
  skippedAt: number | undefined;
  /** What the session may still send (S2). */
  readonly allowance: TokenBucket;
  /** The newest frame of this session, ms since 1970. */
  heardAt: number;
  /** When to look again whether its token is still good; 0 until somebody did. */
  lookAt = 0;
  /** It was told that its token is about to run out. */
  isWarned = false;
  /** It was asked to leave (`goaway`) and is hung up on after this time. */
  awayUntil: number | undefined;
  /** The syncs asked for so far, one after the other. */
  syncs: Promise<void> = Promise.resolve();

  constructor(
    id: string,
    socket: RoomSocket,
    acceptedAt: number,
    phase: SessionPhase,
    rate: BucketRate,
    only?: string,
  ) {
    this.id = id;
    this.socket = socket;
    this.acceptedAt = acceptedAt;
    this.heardAt = acceptedAt;
    this.phase = phase;
    this.only = only;
    this.allowance = new TokenBucket(rate, acceptedAt);
  }

  /** The latest sign of life, whether a frame or an answered ping. */
  get seenAt(): number {
    return Math.max(this.heardAt, this.socket.pongedAt ?? 0);
  }

  /** What the session holds of the room: as its last sync and the frames after it left it. */
  have(): Have {
    const { epoch, seq, offsets } = this.cursor;
    return { epoch, seq, offsets: Object.fromEntries(offsets) };
  }

  /** A sync has been sent, or a wake found what one had left. */
  hold({ epoch, seq, offsets }: Have): void {
    const { cursor } = this;
    cursor.epoch = epoch;
    cursor.seq = seq;
    cursor.offsets.clear();
    for (const [turnId, offset] of Object.entries(offsets)) cursor.offsets.set(turnId, offset);
  }

  /** Stores with the socket what a wake needs of this session. */
  attach(): void {
    const welcomed =
      this.phase.state === "welcomed" ? { principal: this.phase.principal, have: this.have() } : undefined;
    const attachment: Attachment = {
      v: 1,
      id: this.id,
      acceptedAt: this.acceptedAt,
      heardAt: this.heardAt,
      ...(welcomed === undefined ? {} : { welcomed }),
    };
    this.socket.attach(attachment);
  }
}

const attachmentSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  acceptedAt: z.number(),
  heardAt: z.number(),
  welcomed: z.exactOptional(
    z.object({
      principal: principalSchema,
      have: haveSchema,
    }),
  ),
});

/** What is stored with a socket. Versioned: an older object may have written it. */
export type Attachment = z.infer<typeof attachmentSchema>;

/** Undefined for what another version wrote, or nobody: such a socket starts over. */
export function parseAttachment(value: unknown): Attachment | undefined {
  const parsed = attachmentSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
