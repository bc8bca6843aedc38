/** The methods of each address of a room, as `Allow` lists them: the Worker lets them in, and the room answers them. */
export const ROOM_METHODS = {
  room: "GET, DELETE",
  turns: "GET, POST, DELETE",
  turn: "GET, DELETE",
  tickets: "POST",
  files: "POST",
  file: "GET, HEAD, DELETE",
} as const;

/**
 * The POST addresses that stand for a DELETE, by what follows the room's name: some proxies and firewalls refuse DELETE.
 * Undefined for any other address.
 */
export function deletedBy(path: string): string | undefined {
  if (path === "/erase") return "";
  if (path === "/clear") return "/turns";
  return /^(\/turns\/[^/]+)\/cancel$/.exec(path)?.[1];
}
