/** Remembers the rooms that this browser was in, newest first, for the room menu. */

import { readItem, writeItem } from "../../../client/react.tsx";
import { roomNamePattern } from "../../../shared/index.ts";

const storageKey = "edge-chat.rooms";
/** The number that fits into the menu on a phone without scrolling. */
const maxRecentRooms = 6;

export function recentRooms(): readonly string[] {
  // Room names contain no comma (roomNamePattern). Other scripts can write here, so anything that is no room name is dropped.
  const stored = readItem("local", storageKey)?.split(",") ?? [];
  return stored.filter((name) => roomNamePattern.test(name)).slice(0, maxRecentRooms);
}

export function rememberRoom(room: string): void {
  const others = recentRooms().filter((name) => name !== room);
  writeItem("local", storageKey, [room, ...others].slice(0, maxRecentRooms).join(","));
}
