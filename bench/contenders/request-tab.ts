/** A tab of a contender without rooms: each question is a streamed request, and its answer belongs to who asked. */

import type { Recorder } from "../lib/recorder.ts";
import { jsonPost, type OpenStream, openStream } from "../lib/stream.ts";
import { promptFor } from "../upstream/order.ts";
import type { Tab } from "./contender.ts";

export function requestTab(url: string, recorder: Recorder): Tab {
  let stream: OpenStream | undefined;
  const leave = async () => stream?.close();
  return {
    ask: async (order) => {
      const body = { generationId: "bench", room: "bench", messages: [{ role: "user", content: promptFor(order) }] };
      stream = await openStream(url, jsonPost(body, { accept: "text/event-stream" }), (text) => recorder.take(text));
    },
    drop: leave,
    back: () => Promise.reject(new Error("it cannot be come back to")),
    close: leave,
  };
}
