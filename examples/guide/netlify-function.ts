import { relay } from "./relay.ts";

export const config = { path: "/chat" };

export default (request: Request) => relay(request, process.env.NEST_BASE ?? "");
