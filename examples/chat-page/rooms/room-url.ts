/** Rooms by URL: `/?room=<name>` is the whole address of a conversation. Reads it, makes it, invents a name for a new one. */
import { roomNamePattern } from "../../../shared/index.ts";

export type RoomAddress =
  | { readonly kind: "room"; readonly room: string }
  /** No room was named: the page invents one. */
  | { readonly kind: "none" }
  | { readonly kind: "invalid"; readonly name: string };

export function parseRoomAddress(search: string): RoomAddress {
  const name = new URLSearchParams(search).get("room")?.trim() ?? "";
  if (name === "") return { kind: "none" };
  return roomNamePattern.test(name) ? { kind: "room", room: name } : { kind: "invalid", name };
}

/** `href` with the room in its query; other parameters and the path stay, the fragment goes. */
export function roomUrl(href: string, room: string): string {
  const url = new URL(href);
  url.searchParams.set("room", room);
  url.hash = "";
  return url.href;
}

const adjectives = (
  "amber brave bright calm clear coral crisp early fair gentle golden green happy ivory jade keen kind light lively lunar " +
  "mellow misty noble north olive quiet rapid silver solar still swift warm"
).split(" ");
const nouns = (
  "bay beacon bridge brook canyon cedar cloud comet cove delta ember falcon field forest garden harbor heron island lagoon " +
  "lantern maple meadow orchard otter pine prairie reef river shore summit valley willow"
).split(" ");

/** Crockford's alphabet: no letter is taken for a digit when someone reads the name aloud. */
const base32 = "0123456789abcdefghjkmnpqrstvwxyz";

/** Readable, and 30 random bits so that two newcomers do not meet by accident. */
export function randomRoomName(bytes: Uint8Array = crypto.getRandomValues(new Uint8Array(6))): string {
  const word = (list: readonly string[], at: number) => list[(bytes[at] ?? 0) % list.length] ?? "";
  const tail = Array.from({ length: 4 }, (_, at) => base32.charAt((bytes[at + 2] ?? 0) % base32.length)).join("");
  return `${word(adjectives, 0)}-${word(nouns, 1)}-${tail}`;
}
