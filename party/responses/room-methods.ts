/** Of each address of a room, the methods it has, as `Allow` lists them: what the Worker lets in, and what the room answers. */
export const ROOM_METHODS = {
  room: "GET, DELETE",
  turns: "GET, POST, DELETE",
  turn: "GET, DELETE",
  tickets: "POST",
} as const;
