/** What a GET or HEAD asks of a file: conditions (RFC 9110 §13) and a range (§14). Pure. */

/** The stored file, as far as conditions and ranges go. */
export interface FileVersion {
  /** With quotes; always strong. */
  readonly etag: string;
  readonly bytes: number;
  /** ms since 1970. */
  readonly storedAt: number;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export type FileWish =
  | { readonly kind: "whole" }
  | { readonly kind: "range"; readonly range: ByteRange }
  | { readonly kind: "not-modified" }
  | { readonly kind: "changed" }
  | { readonly kind: "out-of-range" };

/** Whether the file must be known before its bytes are asked for. */
export function isConditional(headers: Headers): boolean {
  const names = ["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
  return names.some((name) => headers.has(name));
}

/** In the order of RFC 9110 §13.2.2. */
export function wishOf(headers: Headers, version: FileVersion): FileWish {
  const match = headers.get("if-match");
  if (match !== null) {
    if (!isListed(match, version.etag, false)) return { kind: "changed" };
  } else if (isAfter(version, headers.get("if-unmodified-since"))) return { kind: "changed" };
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) {
    if (isListed(noneMatch, version.etag, true)) return { kind: "not-modified" };
  } else if (isAfter(version, headers.get("if-modified-since")) === false) return { kind: "not-modified" };
  const range = headers.get("range");
  if (range === null || !isForThisVersion(headers.get("if-range"), version)) return { kind: "whole" };
  return rangeOf(range, version.bytes);
}

/** A single range. Several, and what isn't understood, get the whole file, as §14.2 allows. */
function rangeOf(field: string, bytes: number): FileWish {
  const [, from = "", to = ""] = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(field.trim()) ?? [];
  if (from === "" && to === "") return { kind: "whole" };
  if (from === "") {
    const length = Math.min(Number(to), bytes);
    return length === 0 ? { kind: "out-of-range" } : { kind: "range", range: { offset: bytes - length, length } };
  }
  const offset = Number(from);
  const last = to === "" ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (to !== "" && Number(to) < offset) return { kind: "whole" };
  if (offset >= bytes) return { kind: "out-of-range" };
  return { kind: "range", range: { offset, length: last - offset + 1 } };
}

/** @param isWeak weak tags are equal to the strong one of the same text. */
function isListed(field: string, etag: string, isWeak: boolean): boolean {
  if (field.trim() === "*") return true;
  return field.split(",").some((tag) => (isWeak ? tag.trim().replace(/^W\//, "") : tag.trim()) === etag);
}

/** Undefined where there is no such date. Dates have whole seconds. */
function isAfter({ storedAt }: FileVersion, date: string | null): boolean | undefined {
  const at = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(at) ? undefined : Math.floor(storedAt / 1_000) > Math.floor(at / 1_000);
}

function isForThisVersion(field: string | null, version: FileVersion): boolean {
  if (field === null) return true;
  if (field.trim().endsWith('"')) return field.trim() === version.etag;
  const at = Date.parse(field);
  return !Number.isNaN(at) && Math.floor(version.storedAt / 1_000) === Math.floor(at / 1_000);
}
