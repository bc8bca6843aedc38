/**
 * The Worker's routes by their templates: names that can stand in a trace, as a path cannot, which holds a room's name. Apart
 * from the routes themselves, because a request is named before what serves it has loaded; a test holds the two together.
 */

export const ROUTES = [
  "/health",
  "/ready",
  "/models",
  "/context",
  "/chat",
  "/.well-known/jwks.json",
  "/parties/chat/:room",
  "/parties/chat/:room/turns",
  "/parties/chat/:room/turns/:turn",
  "/parties/chat/:room/tickets",
  "/parties/chat/:room/erase",
  "/parties/chat/:room/clear",
  "/parties/chat/:room/turns/:turn/cancel",
  "/api/chat",
  "/api/chat/:room/:part?",
  "/ops/revoke",
  "/metrics",
  "/ops/events/:room",
  "/ops/drain/:room",
] as const;

export type Route = (typeof ROUTES)[number];

const patterns = ROUTES.map((route) => ({ route, parts: route.split("/") }));

/** Undefined for what is no route. */
export function routeOf(path: string): Route | undefined {
  const segments = path.split("/");
  const fits = (part: string, segment: string | undefined) =>
    part.startsWith(":") ? (segment === undefined ? part.endsWith("?") : segment !== "") : part === segment;
  return patterns.find(
    ({ parts }) => segments.length <= parts.length && parts.every((part, index) => fits(part, segments[index])),
  )?.route;
}

/** Whether what is sent there may become a question to the backend, which goes on in the request's trace. */
export function asksBackend(method: string, route: Route): boolean {
  if (route === "/chat") return true;
  return method === "POST" && (route === "/parties/chat/:room/turns" || route === "/api/chat");
}
