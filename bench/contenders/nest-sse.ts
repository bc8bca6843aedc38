/** NestJS asked directly: what the backend's own stream feels like. Everyone else's time to first token and gaps are read against it. */
import type { Contender } from "./contender.ts";
import { requestTab } from "./request-tab.ts";

const oneReader = "an answer belongs to the request that asked for it";

export const nestSse: Contender = {
  id: "nest-sse",
  label: "NestJS directly (SSE)",
  about: "the backend's own `@Sse` route, read by the tab itself",
  lacks: {
    "own-process": "it is the backend: its process makes the tokens too",
    rooms: oneReader,
    resume: oneReader,
    hibernation: "it holds no connection between answers",
    storage: "it keeps nothing",
  },
  start: async ({ upstream, upstreamPid }) => ({
    pid: upstreamPid,
    storage: undefined,
    inspector: undefined,
    open: async (_room, recorder) => requestTab(`${upstream}/model/chat`, recorder),
    stop: async () => undefined,
  }),
};
