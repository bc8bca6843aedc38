/** NestJS's own WebSocket gateway (`@nestjs/platform-ws`): what one would build without an edge. */
import { type OpenSocket, openSocket } from "../lib/socket.ts";
import { promptFor } from "../upstream/order.ts";
import type { Contender } from "./contender.ts";

export const nestWs: Contender = {
  id: "nest-ws",
  label: "NestJS WebSocket gateway",
  about: "`@WebSocketGateway` over `ws`: each token a message to each client of the room, from one process",
  lacks: {
    "own-process": "it is the backend: its process makes the tokens too",
    resume: "what was sent while a client was away is gone",
    hibernation: "its sockets live and die with the process",
    storage: "it keeps nothing",
  },
  start: async ({ upstream, upstreamPid }) => ({
    pid: upstreamPid,
    storage: undefined,
    inspector: undefined,
    open: async (room, recorder) => {
      const connect = async (): Promise<OpenSocket> => {
        const joined = Promise.withResolvers<void>();
        const socket = await openSocket(upstream, (text) => {
          recorder.take(text);
          if (text.includes('"joined"')) joined.resolve();
        });
        socket.send(JSON.stringify({ event: "join", data: room }));
        await joined.promise;
        return socket;
      };
      let socket = await connect();
      return {
        ask: async (order) => socket.send(JSON.stringify({ event: "ask", data: { room, prompt: promptFor(order) } })),
        drop: () => socket.close(),
        back: async () => {
          socket = await connect();
        },
        close: () => socket.close(),
      };
    },
    stop: async () => undefined,
  }),
};
