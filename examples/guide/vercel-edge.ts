import { relay } from "./relay.ts";

export const config = { runtime: "edge" };

export default (request: Request) => relay(request, process.env.NEST_BASE ?? "");
