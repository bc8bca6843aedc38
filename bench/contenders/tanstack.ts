/** TanStack AI's durable stream: a run is a request, and whoever knows its id joins it or comes back to it. */
import { workerOf } from "../lib/bundle.ts";
import { jsonPost, type OpenStream, openStream } from "../lib/stream.ts";
import { startWorkerd } from "../lib/workerd.ts";
import { promptFor } from "../upstream/order.ts";
import type { Contender } from "./contender.ts";

export const tanstack: Contender = {
  id: "tanstack",
  label: "TanStack AI, durable stream",
  about:
    "`chat()` with `toServerSentEventsResponse` and the log it ships (`memoryStream`), in an object; a chunk an append",
  lacks: {
    hibernation: "it holds no connection between answers",
    storage: "the log it ships is in memory",
  },
  start: async ({ upstream, folder }) => {
    const worker = await startWorkerd(
      {
        modules: await workerOf("tanstack"),
        flags: ["nodejs_compat"],
        vars: { NEST_BASE: upstream },
        objects: { Room: "Room" },
      },
      folder,
    );
    /** Tabs of a room that join what another asks for. */
    const rooms = new Map<string, Set<(runId: string) => Promise<void>>>();
    return {
      pid: worker.pid,
      storage: undefined,
      inspector: worker.inspector,
      open: async (room, recorder) => {
        let stream: OpenStream | undefined;
        let runId = "";
        let lastId: string | undefined;
        const read = async (init: RequestInit, query: Readonly<Record<string, string>>) => {
          stream = await openStream(`${worker.url}/${room}?${new URLSearchParams(query)}`, init, (text) => {
            recorder.take(text);
            const at = text.lastIndexOf("id: ");
            if (at !== -1) lastId = /^[^\n]*/.exec(text.slice(at + 4))?.[0];
          });
        };
        const join = async (id: string) => {
          runId = id;
          await read({}, { runId, offset: "-1" });
        };
        const members = rooms.get(room) ?? new Set();
        rooms.set(room, members.add(join));
        const leave = async () => stream?.close();
        return {
          ask: async (order) => {
            runId = crypto.randomUUID();
            await read(jsonPost({ messages: [{ role: "user", content: promptFor(order) }] }), { runId });
            await Promise.all([...members].filter((member) => member !== join).map((member) => member(runId)));
          },
          drop: leave,
          back: () => read({ headers: lastId === undefined ? {} : { "last-event-id": lastId } }, { runId }),
          close: async () => {
            members.delete(join);
            await leave();
          },
        };
      },
      stop: worker.stop,
    };
  },
};
