/** A room core among fakes, and tabs that talk to it: what every core test starts from. */

import type { RoomEvent } from "../../../party/core/events.ts";
import { NO_LIMITER, type TurnLimiter } from "../../../party/core/limiter/limiter-port.ts";
import { DEFAULT_POLICY, type RoomPolicy } from "../../../party/core/policy.ts";
import type { AuditedAct, RoomFileStore, RoomPorts, RoomSocket, Upstream } from "../../../party/core/ports.ts";
import type { Principal } from "../../../party/core/principal.ts";
import { RoomCore } from "../../../party/core/room/room.ts";
import { ALL_SCOPES } from "../../../party/core/scopes.ts";
import { textOf } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import type { ClientFrame, Have, TurnSubmitFrame } from "../../../shared/protocol/client-frames.ts";
import { type ServerFrame, serverFrame } from "../../../shared/protocol/server-frames.ts";
import { PROTOCOL_VERSION } from "../../../shared/protocol/version.ts";
import { ok } from "../../../shared/result.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView, type TurnView } from "../../../shared/transcript.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { ScriptedUpstream } from "./scripted-upstream.ts";

/** Somebody without a token, where nobody needs one. */
export const ANYONE: Principal = { sub: "anonymous", tenant: "default", scopes: ALL_SCOPES };

/** The room's end of a pair: frames wait until they are delivered, so that a test chooses the race. */
export class FakeSocket implements RoomSocket {
  readonly transport = "websocket";
  readonly maxAttachmentBytes: number = 16_384;
  isOpen = true;
  bufferedAmount = 0;
  pongedAt: number | undefined;
  attachment: unknown;
  closed: { code: number; reason: string } | undefined;
  readonly sent: string[] = [];

  attach(value: unknown): void {
    this.attachment = structuredClone(value);
  }

  send(text: string): void {
    if (this.isOpen) this.sent.push(text);
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.closed = { code, reason };
  }
}

/** A browser tab: folds what it is sent, as the client library does. */
export class Tab {
  view: RoomView = EMPTY_VIEW;
  socket = new FakeSocket();
  /** Frames that could not be applied where they came: a room that keeps its order sends none. */
  gaps = 0;
  /** Every frame this tab ever got, in order. */
  readonly frames: ServerFrame[] = [];
  #read = 0;
  #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Opens a socket and says hello with what the tab has. */
  connect(hello: { have?: Have | undefined; version?: number; token?: string } = { have: haveOf(this.view) }): this {
    this.socket = new FakeSocket();
    this.#read = 0;
    this.#room.core.handleOpen(this.socket);
    const { have, version = PROTOCOL_VERSION, token } = hello;
    this.say({
      type: "hello",
      version,
      ...defined({ have, token }),
    });
    return this;
  }

  /** The network is gone: nothing more arrives, and the room is told. */
  drop(): void {
    this.socket.isOpen = false;
    this.#room.core.handleClose(this.socket);
  }

  say(frame: ClientFrame): void {
    this.sayText(JSON.stringify(frame));
  }

  sayText(text: string): void {
    this.#room.core.handleMessage(this.socket, text);
  }

  submit(prompt: string, more: Partial<TurnSubmitFrame> = {}): string {
    const turnId = more.turnId ?? `t${this.#room.nextTurn++}`;
    this.say({ type: "turn-submit", turnId, input: { prompt }, ...more });
    return turnId;
  }

  cancel(turnId: string): void {
    this.say({ type: "turn-cancel", turnId });
  }

  /** Takes in what has been sent. Each frame is held against the schemas; a gap is answered with a sync-request. */
  read(): ServerFrame[] {
    const fresh: ServerFrame[] = [];
    while (this.#read < this.socket.sent.length) {
      const text = this.socket.sent[this.#read++] ?? "";
      if (text === "pong") continue;
      const frame = serverFrame.parse(JSON.parse(text)) as ServerFrame;
      fresh.push(frame);
      this.frames.push(frame);
      const { view, needsSync } = foldFrame(this.view, frame);
      this.view = view;
      const have = haveOf(view);
      if (needsSync) this.gaps += 1;
      if (needsSync && have !== undefined) this.say({ type: "sync-request", have });
    }
    return fresh;
  }

  received<T extends ServerFrame["type"]>(type: T): Extract<ServerFrame, { type: T }>[] {
    this.read();
    return this.frames.filter((frame): frame is Extract<ServerFrame, { type: T }> => frame.type === type);
  }

  turn(id: string): TurnView {
    this.read();
    const turn = this.view.turns.find((candidate) => candidate.id === id);
    if (turn === undefined) throw new Error(`the tab does not know turn ${id}`);
    return turn;
  }

  text(id: string): string {
    return textOf(this.turn(id).parts);
  }
}

/** The store of uploaded files: remembers what it holds, and signs by saying when. */
export class FakeFileStore implements RoomFileStore {
  readonly held = new Set<string>();
  /** Deletes fail while it is set. */
  isDown = false;
  deletes = 0;

  async sign(id: string, origin: string, now: number) {
    return {
      url: `${origin}/parties/chat/test-room/files/${id}?until=${now}&sig=s`,
      expiresAt: now + 2_000,
      freshUntil: now + 1_000,
    };
  }

  async delete(ids: readonly string[]): Promise<void> {
    this.deletes += 1;
    if (this.isDown) throw new Error("store down");
    for (const id of ids) this.held.delete(id);
  }
}

export interface RoomOptions {
  readonly files?: RoomFileStore;
  readonly policy?: Partial<RoomPolicy>;
  readonly storage?: MemoryStorage;
  readonly principalOf?: RoomPorts["principalOf"];
  readonly isRevoked?: RoomPorts["isRevoked"];
  readonly prepare?: RoomPorts["prepare"];
  readonly limiter?: TurnLimiter;
  readonly refusalOf?: RoomPorts["refusalOf"];
  readonly hasTokenOf?: (sub: string) => boolean;
  readonly beforeTurn?: RoomPorts["beforeTurn"];
  readonly afterTurn?: RoomPorts["afterTurn"];
  /** In place of keeping the events. */
  readonly report?: RoomPorts["report"];
  /** In place of the scripted one. */
  readonly upstream?: Upstream;
}

export class Room {
  readonly clock = new FakeClock();
  readonly upstream = new ScriptedUpstream();
  storage: MemoryStorage;
  core: RoomCore;
  readonly events: RoomEvent[] = [];
  readonly acts: AuditedAct[] = [];
  nextTurn = 0;
  broken: unknown;
  #ids = 0;
  readonly #policy: RoomPolicy;
  readonly #options: RoomOptions;

  constructor(options: RoomOptions = {}) {
    this.#options = options;
    this.#policy = { ...DEFAULT_POLICY, ...options.policy };
    this.storage = options.storage ?? new MemoryStorage();
    this.core = this.#make();
  }

  async start(survivors: readonly FakeSocket[] = []): Promise<this> {
    await this.core.start(survivors);
    await this.clock.advance(0);
    return this;
  }

  tab(): Tab {
    return new Tab(this);
  }

  /** A tab that has its welcome and first sync. */
  async join(): Promise<Tab> {
    const tab = this.tab().connect();
    await settled();
    tab.read();
    return tab;
  }

  /** The object is lost, its memory and unconfirmed writes with it; the given sockets outlive it. */
  async evict(survivors: readonly Tab[] = []): Promise<void> {
    this.core.conversation.close();
    this.clock.forgetTimers();
    this.storage = this.storage.crash();
    this.core = this.#make();
    await this.start(survivors.map(({ socket }) => socket));
  }

  /** Moves time on, ringing the alarm when it is due. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      const { alarmAt } = this.storage;
      if (alarmAt === undefined || alarmAt > end) break;
      await this.clock.advance(Math.max(0, alarmAt - this.clock.now()));
      this.storage.alarmAt = undefined;
      await this.core.tick();
      await settled();
    }
    await this.clock.advance(end - this.clock.now());
  }

  #make(): RoomCore {
    const ports: RoomPorts = {
      prepare: this.#options.prepare ?? (async () => undefined),
      refusalOf: this.#options.refusalOf ?? (() => undefined),
      ...defined({
        hasTokenOf: this.#options.hasTokenOf,
        beforeTurn: this.#options.beforeTurn,
        afterTurn: this.#options.afterTurn,
        files: this.#options.files,
      }),
      limiter: this.#options.limiter ?? NO_LIMITER,
      clock: this.clock,
      storage: this.storage,
      upstream: this.#options.upstream ?? this.upstream,
      random: () => 0.5,
      newId: () => `id${this.#ids++}`,
      generationIdOf: async (epoch, turnId) => `gen-${epoch}-${turnId}`,
      isRevoked: this.#options.isRevoked ?? (() => false),
      audit: (act) => this.acts.push(act),
      principalOf: this.#options.principalOf ?? (async () => ok(ANYONE)),
      report: this.#options.report ?? ((event) => this.events.push(event)),
      onBroken: (error) => {
        this.broken = error;
      },
    };
    return new RoomCore(ports, this.#policy, "test-room");
  }
}

export async function buildRoom(options: RoomOptions = {}): Promise<Room> {
  return new Room(options).start();
}
