/** The settings of uploaded files that are words: which types there may be, and where files are read. */
import { fail, ok, type Result } from "../../shared/result.ts";
import { parseSafeUrl } from "../auth/safe-url.ts";

/**
 * What models and people read, and nothing that a computer runs. Markup is taken, and only ever served as a download
 * (`party/files/safe-types.ts`).
 */
const defaultFileTypes = [
  "image/*",
  "audio/*",
  "video/*",
  "text/*",
  "application/pdf",
  "application/json",
  "application/vnd.openxmlformats-officedocument.*",
  "application/vnd.oasis.opendocument.*",
];

/** A media type without parameters (RFC 6838 §4.2), or the begin of some. */
const typePattern = /^[a-z]+\/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\*?)$/;

/** `FILE_TYPES`: types with commas between. */
export function parseFileTypes(list: string | undefined): Result<readonly string[], string> {
  if (list === undefined) return ok(defaultFileTypes);
  const types = list.split(",").map((type) => type.trim().toLowerCase());
  if (types.every((type) => typePattern.test(type))) return ok(types);
  return fail("FILE_TYPES is a list of media types, for example FILE_TYPES=image/*,application/pdf.");
}

/** `FILES_BASE`: the origin of the addresses under which files are read. */
export function parseFilesBase(text: (name: string) => string | undefined): Result<string | undefined, string> {
  if (text("FILES_BASE") === undefined) return ok(undefined);
  const base = parseSafeUrl("FILES_BASE", text, "https://chat.example.com");
  if (!base.ok) return base;
  const { origin, pathname, search, hash } = new URL(base.value);
  if (pathname === "/" && search + hash === "") return ok(origin);
  return fail("FILES_BASE has a path. Expected an origin, for example FILES_BASE=https://chat.example.com.");
}

export function isFileType(mediaType: string, types: readonly string[]): boolean {
  return types.some((type) => (type.endsWith("*") ? mediaType.startsWith(type.slice(0, -1)) : mediaType === type));
}
