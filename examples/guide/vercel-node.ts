import { relay } from "./relay.ts";

export default { fetch: (request: Request) => relay(request, process.env.NEST_BASE ?? "") };
