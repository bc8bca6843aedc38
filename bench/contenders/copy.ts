/** A stateless Worker that copies the backend's bytes: the least that an edge can do, and the least it costs. */
import { workerOf } from "../lib/bundle.ts";
import { startWorkerd } from "../lib/workerd.ts";
import type { Contender } from "./contender.ts";
import { requestTab } from "./request-tab.ts";

const oneReader = "an answer belongs to the request that asked for it";

export const copy: Contender = {
  id: "copy",
  label: "Stateless Worker, bytes copied",
  about: "`new Response(upstream.body)`: the runtime pipes the bytes, JavaScript never sees them",
  lacks: {
    rooms: oneReader,
    resume: oneReader,
    hibernation: "it holds no connection between answers",
    storage: "it keeps nothing",
  },
  start: async ({ upstream, folder }) => {
    const worker = await startWorkerd({ modules: await workerOf("copy"), vars: { NEST_BASE: upstream } }, folder);
    return {
      pid: worker.pid,
      storage: undefined,
      inspector: worker.inspector,
      open: async (_room, recorder) => requestTab(`${worker.url}/chat`, recorder),
      stop: worker.stop,
    };
  },
};
