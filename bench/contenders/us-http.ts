/** This project over HTTP: asking is a POST; reading is a stream of events, or a poll at a time. */
import { defined } from "../../shared/defined.ts";
import type { Recorder } from "../lib/recorder.ts";
import { jsonPost, openStream } from "../lib/stream.ts";
import { promptFor } from "../upstream/order.ts";
import type { Contender, Tab } from "./contender.ts";
import { roomUrl, startOurs } from "./our-gateway.ts";

/** Reads from `cursor` on until it is closed. */
interface Reading {
  /** The tab has asked: it does not wait any longer before it looks again. */
  hurry(): void;
  close(): Promise<void>;
}
type Read = (url: string, recorder: Recorder, cursor: Cursor) => Promise<Reading>;
/** The reader's place, opaque; kept across connections. */
interface Cursor {
  value: string | undefined;
}

const readEvents: Read = async (url, recorder, cursor) => {
  const opened = Promise.withResolvers<void>();
  const resume = cursor.value === undefined ? {} : { "last-event-id": cursor.value };
  const stream = await openStream(url, { headers: { accept: "text/event-stream", ...resume } }, (text) => {
    recorder.take(text);
    const id = text.lastIndexOf("\nid: ");
    if (id !== -1) cursor.value = /^[^\n]*/.exec(text.slice(id + 5))?.[0];
    // The first frames of a stream are its sync.
    if (text.includes('"type":"sync"')) opened.resolve();
  });
  await opened.promise;
  return { hurry: () => undefined, close: stream.close };
};

/** What a tab lets pass in a quiet room; it is told more, but a bench does not wait for that. */
const longestPauseMs = 1_000;

const poll: Read = async (url, recorder, cursor) => {
  const controller = new AbortController();
  const first = Promise.withResolvers<void>();
  let hurry = () => {};
  const over = (async () => {
    while (!controller.signal.aborted) {
      const query = new URLSearchParams({
        wait: "25",
        ...defined({ cursor: cursor.value }),
      });
      const response = await fetch(`${url}?${query}`, { signal: controller.signal });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text}`);
      recorder.take(text);
      const { cursor: next, retryAfterMs = 0 } = JSON.parse(text) as { cursor: string; retryAfterMs?: number };
      cursor.value = next;
      first.resolve();
      if (retryAfterMs === 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(retryAfterMs, longestPauseMs));
        hurry = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })().catch((error: unknown) => {
    if (!controller.signal.aborted) first.reject(error);
  });
  await first.promise;
  return {
    hurry: () => hurry(),
    close: async () => {
      controller.abort();
      hurry();
      await over;
    },
  };
};

function overHttp(read: Read): Contender["start"] {
  return async (run) => {
    const worker = await startOurs(run);
    const open = async (room: string, recorder: Recorder): Promise<Tab> => {
      const url = roomUrl(worker, room);
      const cursor: Cursor = { value: undefined };
      let reading = await read(url, recorder, cursor);
      return {
        ask: async (order) => {
          const input = { messages: [{ role: "user", content: promptFor(order) }] };
          const response = await fetch(`${url}/turns`, jsonPost({ turnId: crypto.randomUUID(), input }));
          const said = await response.text();
          reading.hurry();
          if (response.status !== 202) throw new Error(`not accepted: ${response.status} ${said}`);
        },
        drop: () => reading.close(),
        back: async () => {
          reading = await read(url, recorder, cursor);
        },
        close: () => reading.close(),
      };
    };
    return { pid: worker.pid, storage: worker.storage, inspector: worker.inspector, open, stop: worker.stop };
  };
}

const awake = "an HTTP reader is a request in progress: its room stays awake, and ends an idle stream after a minute";

export const usSse: Contender = {
  id: "us-sse",
  label: "edge-chat-gateway, SSE",
  about: "the same room and frames as an event stream, for networks without WebSocket",
  isOurs: true,
  lacks: { hibernation: awake },
  start: overHttp(readEvents),
};

export const usPoll: Contender = {
  id: "us-poll",
  label: "edge-chat-gateway, long-poll",
  about: "the same frames, merged for half a second, for networks that hold back streams",
  isOurs: true,
  lacks: { hibernation: awake, live: "it merges for half a second on purpose" },
  start: overHttp(poll),
};
