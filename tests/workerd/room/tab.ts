/** A tab over a real WebSocket of the runtime, and the controls of the upstream outside of it. */
import { SELF } from "cloudflare:test";
import { inject } from "vitest";
import { defined } from "../../../shared/defined.ts";
import type { ClientFrame } from "../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../../shared/protocol/server-guard.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView, type TurnView } from "../../../shared/transcript.ts";

type Frame<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

export class SocketTab {
  view: RoomView = EMPTY_VIEW;
  readonly frames: ServerFrame[] = [];
  readonly texts: string[] = [];
  closed: { code: number; reason: string } | undefined;
  #socket: WebSocket | undefined;
  #wakers: Array<() => void> = [];

  async open(room: string): Promise<this> {
    const refused = await this.tryOpen(room);
    if (refused !== undefined) throw new Error(`no socket: ${refused.status} ${await refused.text()}`);
    return this;
  }

  /** The answer where it was no socket. */
  async tryOpen(room: string, headers: Record<string, string> = {}): Promise<Response | undefined> {
    const response = await SELF.fetch(`http://localhost/parties/chat/${room}?_pk=same-for-life`, {
      headers: { ...headers, upgrade: "websocket" },
    });
    if (response.webSocket === null) return response;
    this.#socket = response.webSocket;
    this.#socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    this.#socket.accept();
    return undefined;
  }

  async join(room: string, token?: string): Promise<this> {
    await this.open(room);
    const have = haveOf(this.view);
    this.say({
      type: "hello",
      version: 2,
      ...defined({ token, have }),
    });
    await this.until((tab) => tab.frames.some(({ type }) => type === "sync"));
    return this;
  }

  say(frame: ClientFrame): void {
    this.sayText(JSON.stringify(frame));
  }

  sayText(text: string): void {
    this.#socket?.send(text);
  }

  submit(prompt: string, turnId = `t-${crypto.randomUUID()}`): string {
    this.say({ type: "turn-submit", turnId, input: { prompt } });
    return turnId;
  }

  close(): void {
    this.#socket?.close(1000, "leaving");
  }

  of<T extends ServerFrame["type"]>(type: T): Frame<T>[] {
    return this.frames.filter((frame): frame is Frame<T> => frame.type === type);
  }

  turn(id: string): TurnView | undefined {
    return this.view.turns.find((turn) => turn.id === id);
  }

  /** Resolves when `done` holds; looks again at each frame. The suite's own timeout bounds it. */
  async until(done: (tab: this) => boolean): Promise<void> {
    while (!done(this)) await new Promise<void>((resolve) => this.#wakers.push(resolve));
  }

  untilTurn(id: string, done: (turn: TurnView) => boolean): Promise<void> {
    return this.until((tab) => {
      const turn = tab.turn(id);
      return turn !== undefined && done(turn);
    });
  }

  #take(text: string): void {
    this.texts.push(text);
    const frame = parseServerFrame(text);
    if (frame !== undefined) {
      this.frames.push(frame);
      const folded = foldFrame(this.view, frame);
      this.view = folded.view;
      const have = haveOf(folded.view);
      if (folded.needsSync && have !== undefined) this.say({ type: "sync-request", have });
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }
}

export interface UpstreamSeen {
  readonly requests: Array<{ body: { generationId: string; messages: unknown[] }; headers: Record<string, string> }>;
  readonly stops: string[];
  readonly aborted: number;
}

/** Moves the upstream's answer to `prompt` on, or waits for what it has seen. */
export async function upstream(
  verb: "text" | "done" | "until",
  prompt: string,
  more: Record<string, string | number> = {},
): Promise<UpstreamSeen> {
  const query = new URLSearchParams({ prompt });
  for (const [key, value] of Object.entries(more)) query.set(key, String(value));
  const response = await fetch(`${inject("upstreamUrl")}/control/${verb}?${query}`);
  return response.json();
}

/** A name no other test uses. */
export function fresh(prefix: string): string {
  return `${prefix}-${crypto.randomUUID()}`;
}
