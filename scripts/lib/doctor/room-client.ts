/** A room as a browser meets it: over a WebSocket, over SSE and by polling. */
import { createParser } from "eventsource-parser";
import type { ClientFrame } from "../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../../shared/protocol/server-guard.ts";

/** How long one step may take: longer, and people have left. */
const stepMs = 30_000;

export type Closed = { readonly code: number; readonly reason: string };

/** A socket and every frame that came over it. */
export class RoomSocketClient {
  readonly frames: ServerFrame[] = [];
  readonly #socket: WebSocket;
  readonly #wakers = new Set<() => void>();
  closed: Closed | undefined;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("message", ({ data }) => {
      const frame = parseServerFrame(String(data));
      if (frame !== undefined) this.frames.push(frame);
      this.#wake();
    });
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
  }

  /** Resolves when it is open; false where it cannot be. */
  opened(): Promise<boolean> {
    if (this.#socket.readyState === WebSocket.OPEN) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#socket.addEventListener("open", () => resolve(true));
      this.#socket.addEventListener("close", () => resolve(false));
      this.#socket.addEventListener("error", () => resolve(false));
    });
  }

  say(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The first frame that `is` accepts; undefined where the socket closes first, or nothing comes for too long. */
  async until<T extends ServerFrame>(is: (frame: ServerFrame) => frame is T): Promise<T | undefined> {
    const deadline = Date.now() + stepMs;
    for (;;) {
      const found = this.frames.find(is);
      if (found !== undefined || this.closed !== undefined || Date.now() >= deadline) return found;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.#wakers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  close(): void {
    this.#socket.close(1000);
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }
}

export interface StreamSeen {
  readonly status: number;
  readonly contentType: string;
  /** From the request to the first frame; undefined where none came. */
  readonly firstFrameMs: number | undefined;
}

/** Opens a stream and leaves it again at its first frame. */
export async function openStream(url: string, headers: Readonly<Record<string, string>>): Promise<StreamSeen> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), stepMs);
  const started = performance.now();
  const response = await fetch(url, {
    headers: { ...headers, accept: "text/event-stream" },
    signal: controller.signal,
  });
  let firstFrameMs: number | undefined;
  const parser = createParser({
    onEvent: () => {
      firstFrameMs ??= performance.now() - started;
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (firstFrameMs !== undefined) break;
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
  return { status: response.status, contentType: response.headers.get("content-type") ?? "", firstFrameMs };
}
