/** `@cloudflare/ai-chat`'s AIChatAgent: the peer that does most of what we do. Spoken to in its own WebSocket protocol. */
import { workerOf } from "../lib/bundle.ts";
import { type OpenSocket, openSocket } from "../lib/socket.ts";
import { startWorkerd } from "../lib/workerd.ts";
import { promptFor } from "../upstream/order.ts";
import type { Contender } from "./contender.ts";

export const aiChatAgent: Contender = {
  id: "ai-chat-agent",
  label: "AIChatAgent",
  about:
    "`@cloudflare/ai-chat` on `agents`: the AI SDK's UI message stream, chunk by chunk, over its WebSocket protocol, kept in SQLite",
  lacks: {},
  start: async ({ upstream, folder }) => {
    const worker = await startWorkerd(
      {
        modules: await workerOf("ai-chat-agent"),
        flags: ["nodejs_compat"],
        vars: { NEST_BASE: upstream },
        objects: { ChatAgent: "ChatAgent" },
      },
      folder,
    );
    return {
      pid: worker.pid,
      storage: worker.storage,
      inspector: worker.inspector,
      open: async (room, recorder) => {
        const connect = async (isBack: boolean): Promise<OpenSocket> => {
          const greeted = Promise.withResolvers<void>();
          const resumed = Promise.withResolvers<void>();
          const socket = await openSocket(`${worker.url}/agents/chat-agent/${room}`, (text) => {
            recorder.take(text);
            if (text.includes('"cf_agent_identity"') || text.includes('"cf_agent_state"')) greeted.resolve();
            if (isBack && text.startsWith('{"type":"cf_agent_stream_resuming"')) {
              const { id } = JSON.parse(text) as { id: string };
              socket.send(JSON.stringify({ type: "cf_agent_stream_resume_ack", id }));
              resumed.resolve();
            }
            // Nothing to resume, or an answer that has not begun.
            if (/"cf_agent_stream_(?:resume_none|pending)"/.test(text)) resumed.resolve();
          });
          await greeted.promise;
          if (isBack) {
            socket.send(JSON.stringify({ type: "cf_agent_stream_resume_request" }));
            await resumed.promise;
          }
          return socket;
        };
        let socket = await connect(false);
        return {
          ask: async (order) => {
            const id = crypto.randomUUID();
            const messages = [{ id: `m-${id}`, role: "user", parts: [{ type: "text", text: promptFor(order) }] }];
            const body = JSON.stringify({ messages, trigger: "submit-message" });
            socket.send(JSON.stringify({ type: "cf_agent_use_chat_request", id, init: { method: "POST", body } }));
          },
          drop: () => socket.close(),
          back: async () => {
            socket = await connect(true);
          },
          close: () => socket.close(),
        };
      },
      stop: worker.stop,
    };
  },
};
