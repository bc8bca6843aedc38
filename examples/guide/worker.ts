/** The Worker of the guide: `/chat` relays, `/rooms/:name` is a room. */
// #region worker
import { relay } from "./relay.ts";

export { Room } from "./room.ts";

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/chat") return relay(request, env.NEST_BASE);
    const room = /^\/rooms\/([\w-]{1,64})$/.exec(pathname)?.[1];
    if (room !== undefined) return env.ROOM.getByName(room).fetch(request);
    return new Response("Not found\n", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
// #endregion
