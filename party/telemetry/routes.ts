/**
 * The one table of the Worker's routes. `http/router.ts` and `http/room-route.ts` serve what stands here, and a trace names
 * requests by it, because a path holds a room's name. Has no imports: a request is named before its route has loaded.
 */

export const roomPrefix = "/parties/chat/:room";

/** The routes of a room, without their prefix. */
export const ROOM_PATHS = [
  "",
  "/turns",
  "/turns/:turn",
  "/tickets",
  "/erase",
  "/clear",
  "/turns/:turn/cancel",
] as const;

export type RoomPath = (typeof ROOM_PATHS)[number];
export type RoomRouteName = `${typeof roomPrefix}${RoomPath}`;

const otherRoutes = [
  "/health",
  "/ready",
  "/models",
  "/context",
  "/chat",
  "/.well-known/jwks.json",
  "/parties/chat/:room/files",
  "/parties/chat/:room/files/:file",
  "/api/chat",
  "/api/chat/:room/:part?",
  "/v1/chat/completions",
  "/v1/chat/completions/:id",
  "/v1/models",
  "/ag-ui",
  "/ops/revoke",
  "/metrics",
  "/ops/events/:room",
  "/ops/drain/:room",
] as const;

export type Route = (typeof otherRoutes)[number] | RoomRouteName;

export const ROUTES: readonly Route[] = [
  ...otherRoutes,
  ...ROOM_PATHS.map((path): RoomRouteName => `${roomPrefix}${path}`),
];

const patterns = ROUTES.map((route) => ({ route, parts: route.split("/") }));

/** Undefined if the path belongs to no route. */
export function routeOf(path: string): Route | undefined {
  const segments = path.split("/");
  const fits = (part: string, segment: string | undefined) =>
    part.startsWith(":") ? (segment === undefined ? part.endsWith("?") : segment !== "") : part === segment;
  return patterns.find(
    ({ parts }) => segments.length <= parts.length && parts.every((part, index) => fits(part, segments[index])),
  )?.route;
}

const asking: readonly Route[] = ["/parties/chat/:room/turns", "/api/chat", "/v1/chat/completions", "/ag-ui"];

/** Whether a request may lead to a call of the upstream, which then continues the request's trace. */
export function asksBackend(method: string, route: Route): boolean {
  if (route === "/chat") return true;
  return method === "POST" && asking.includes(route);
}
