/** This project over WebSocket: the native protocol. */
import { type OpenSocket, openSocket } from "../lib/socket.ts";
import { tokenLength } from "../lib/stamp.ts";
import type { Workerd } from "../lib/workerd.ts";
import { promptFor } from "../upstream/order.ts";
import type { Contender, Serving } from "./contender.ts";
import { roomUrl, startOurs } from "./our-gateway.ts";

export const usWs: Contender = {
  id: "us-ws",
  label: "edge-chat-gateway, WebSocket",
  about: "parsed, merged for up to 16 ms, logged, and one string for every tab",
  isOurs: true,
  lacks: {},
  start: async (run) => overSocket(await startOurs(run)),
};

/** A gateway that runs, with tabs over WebSockets. */
export function overSocket(worker: Workerd): Serving {
  return {
    pid: worker.pid,
    storage: worker.storage,
    inspector: worker.inspector,
    open: async (room, recorder) => {
      // What a reader keeps to say what it has (docs/protocol.md, "Positions and offsets"): every token is text of one length.
      let position: { epoch: string; seq: number } | undefined;
      let turnId: string | undefined;
      const connect = async (): Promise<OpenSocket> => {
        const synced = Promise.withResolvers<void>();
        const socket = await openSocket(roomUrl(worker, room), (text) => {
          recorder.take(text);
          if (text.startsWith('{"type":"turn-delta"')) return;
          const frame = JSON.parse(text) as { type: string; epoch?: string; seq?: number; turnId?: string };
          if (frame.type === "sync" && frame.epoch !== undefined)
            position = { epoch: frame.epoch, seq: frame.seq ?? 0 };
          else if (frame.seq !== undefined && position !== undefined) position.seq = frame.seq;
          if (frame.type === "turn-start") turnId = frame.turnId;
          if (frame.type === "sync") synced.resolve();
          if (frame.type === "error") synced.reject(new Error(text));
        });
        const offsets = turnId === undefined ? {} : { [turnId]: recorder.tokens * tokenLength };
        const have = position === undefined ? {} : { have: { ...position, offsets } };
        socket.send(JSON.stringify({ type: "hello", version: 2, ...have }));
        await synced.promise;
        return socket;
      };
      let socket = await connect();
      return {
        ask: async (order) => {
          // `messages`, so that a long conversation's history is not what is measured.
          const input = { messages: [{ role: "user", content: promptFor(order) }] };
          socket.send(JSON.stringify({ type: "turn-submit", turnId: crypto.randomUUID(), input }));
        },
        drop: () => socket.close(),
        back: async () => {
          socket = await connect();
        },
        close: () => socket.close(),
      };
    },
    stop: worker.stop,
  };
}
