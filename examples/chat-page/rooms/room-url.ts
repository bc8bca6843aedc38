/** Reads and writes the address of a room, `/?room=<name>`, and generates the name of a new one. */
import { roomNamePattern } from "../../../shared/index.ts";

export type RoomAddress =
  | { readonly kind: "room"; readonly room: string }
  /** The address names no room. The page generates a name. */
  | { readonly kind: "none" }
  | { readonly kind: "invalid"; readonly name: string };

export function parseRoomAddress(search: string): RoomAddress {
  const name = new URLSearchParams(search).get("room")?.trim() ?? "";
  if (name === "") return { kind: "none" };
  return roomNamePattern.test(name) ? { kind: "room", room: name } : { kind: "invalid", name };
}

/** Returns `href` with the room in its query. The path and other parameters stay, the fragment is dropped. */
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

/** Crockford's alphabet has no letters that are mistaken for digits when a name is read aloud. */
const base32 = "0123456789abcdefghjkmnpqrstvwxyz";

/** Generates a readable name with 30 random bits, so that two new rooms don't get the same name. */
export function randomRoomName(bytes: Uint8Array = crypto.getRandomValues(new Uint8Array(6))): string {
  const word = (list: readonly string[], at: number) => list[(bytes[at] ?? 0) % list.length] ?? "";
  const tail = Array.from({ length: 4 }, (_, at) => base32.charAt((bytes[at + 2] ?? 0) % base32.length)).join("");
  return `${word(adjectives, 0)}-${word(nouns, 1)}-${tail}`;
}
