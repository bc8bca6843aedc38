/** An object that sends each read of the backend's body unparsed: what a room costs before it does anything for its users. */
import { workerOf } from "../lib/bundle.ts";
import { openSocket } from "../lib/socket.ts";
import { startWorkerd } from "../lib/workerd.ts";
import { promptFor } from "../upstream/order.ts";
import type { Contender } from "./contender.ts";

export const relay: Contender = {
  id: "relay",
  label: "Object, unparsed relay",
  about: "an object that sends every read of the backend's body to its sockets: no parsing, no log, no protocol",
  lacks: {
    resume: "what was sent while a socket was away is gone",
    storage: "it keeps nothing",
  },
  start: async ({ upstream, folder }) => {
    const worker = await startWorkerd(
      { modules: await workerOf("relay"), vars: { NEST_BASE: upstream }, objects: { Relay: "Relay" } },
      folder,
    );
    return {
      pid: worker.pid,
      storage: undefined,
      inspector: worker.inspector,
      open: async (room, recorder) => {
        const connect = () => openSocket(`${worker.url}/${room}`, (text) => recorder.take(text));
        let socket = await connect();
        return {
          ask: async (order) => {
            const messages = [{ role: "user", content: promptFor(order) }];
            socket.send(JSON.stringify({ generationId: "bench", room, messages }));
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
  },
};
