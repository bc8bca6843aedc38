/**
 * The media type of a file by its first bytes. What the client says is believed only where the bytes can't say more: among
 * kinds of plain text, and among documents that are ZIP archives of the right inside.
 *
 * Sources: the WHATWG MIME Sniffing Standard (https://mimesniff.spec.whatwg.org/, §6 and §7.1) for images, audio, video,
 * archives, PDF, markup and the bytes that text doesn't have; ISO/IEC 14496-12 §4.3 with https://mp4ra.org/registered-types/brands
 * for `ftyp`; RFC 3533 for Ogg; RFC 9639 §6 for FLAC; ISO/IEC 29500-2 and OpenDocument 1.3 part 2 §3 for documents.
 */

/** Bytes that are needed to tell: what the standard reads of a resource (§5.2). */
export const sniffedBytes = 1_445;

interface Signature {
  readonly type: string;
  /** Hexadecimal; `..` stands for any byte. */
  readonly bytes: string;
}

const signatures: readonly Signature[] = [
  { type: "image/png", bytes: "89504e470d0a1a0a" },
  { type: "image/jpeg", bytes: "ffd8ff" },
  { type: "image/gif", bytes: "474946383761" },
  { type: "image/gif", bytes: "474946383961" },
  { type: "image/webp", bytes: "52494646........57454250" },
  { type: "image/bmp", bytes: "424d" },
  { type: "image/tiff", bytes: "49492a00" },
  { type: "image/tiff", bytes: "4d4d002a" },
  { type: "image/x-icon", bytes: "00000100" },
  { type: "application/pdf", bytes: "255044462d" },
  { type: "audio/wav", bytes: "52494646........57415645" },
  { type: "audio/aiff", bytes: "464f524d........41494646" },
  { type: "audio/mpeg", bytes: "494433" },
  { type: "audio/mpeg", bytes: "fffb" },
  { type: "audio/mpeg", bytes: "fff3" },
  { type: "audio/mpeg", bytes: "fff2" },
  { type: "audio/aac", bytes: "fff1" },
  { type: "audio/aac", bytes: "fff9" },
  { type: "audio/flac", bytes: "664c6143" },
  { type: "audio/midi", bytes: "4d54686400000006" },
  { type: "audio/ogg", bytes: "4f67675300" },
  { type: "video/avi", bytes: "52494646........41564920" },
  { type: "video/webm", bytes: "1a45dfa3" },
  { type: "application/zip", bytes: "504b0304" },
  { type: "application/gzip", bytes: "1f8b08" },
  { type: "application/vnd.rar", bytes: "526172211a07" },
  { type: "application/x-7z-compressed", bytes: "377abcaf271c" },
];

/** Major brands of `ftyp`. Others are videos, as the standard has it. */
const brands: Readonly<Record<string, string>> = {
  avif: "image/avif",
  avis: "image/avif",
  heic: "image/heic",
  heix: "image/heic",
  hevc: "image/heic-sequence",
  mif1: "image/heif",
  msf1: "image/heif-sequence",
  "M4A ": "audio/mp4",
  "M4B ": "audio/mp4",
  "qt  ": "video/quicktime",
};

const unknownType = "application/octet-stream";
const typeForm = /^[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/**
 * @param head the first bytes of the file, `sniffedBytes` of them or all.
 * @param declared what the client says: a media type, with parameters or without.
 */
export function mediaTypeOf(head: Uint8Array, declared: string): string {
  const said = (declared.split(";")[0] ?? "").trim().toLowerCase();
  const claimed = typeForm.test(said) ? said : unknownType;
  const known = signatures.find(({ bytes }) => beginsWith(head, bytes))?.type ?? brandOf(head);
  if (known === "application/zip") return documentIn(head, claimed) ?? known;
  // Two letters decide for BMP and three for MP3: a text may begin with them too.
  const isWord = (known === "image/bmp" || known === "audio/mpeg") && isText(head);
  if (known !== undefined && !isWord) return known;
  return isText(head) ? textTypeOf(head, claimed) : unknownType;
}

function beginsWith(head: Uint8Array, pattern: string): boolean {
  for (let index = 0; index * 2 < pattern.length; index += 1) {
    const expected = pattern.slice(index * 2, index * 2 + 2);
    if (expected !== ".." && head[index] !== Number.parseInt(expected, 16)) return false;
  }
  return true;
}

/** A file of the ISO base media format begins with a box `ftyp`. */
function brandOf(head: Uint8Array): string | undefined {
  if (latin1(head.subarray(4, 8)) !== "ftyp") return undefined;
  return brands[latin1(head.subarray(8, 12))] ?? "video/mp4";
}

/** A document that is a ZIP archive says so in its first entry. */
function documentIn(head: Uint8Array, claimed: string): string | undefined {
  const nameLength = (head[26] ?? 0) | ((head[27] ?? 0) << 8);
  const first = latin1(head.subarray(30, 30 + nameLength));
  if (first === "mimetype") {
    // Stored, not compressed, so that it can be read here.
    const extra = (head[28] ?? 0) | ((head[29] ?? 0) << 8);
    const inside = latin1(head.subarray(30 + nameLength + extra, 30 + nameLength + extra + 100));
    return /^application\/(?:vnd\.oasis\.opendocument\.[a-z-]+|epub\+zip)/.exec(inside)?.[0];
  }
  const isOffice = /^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|word\/|xl\/|ppt\/)/.test(first);
  return isOffice && claimed.startsWith("application/vnd.openxmlformats-officedocument.") ? claimed : undefined;
}

/** No byte that text doesn't have, and UTF-8; or a byte order mark of UTF-16. */
function isText(head: Uint8Array): boolean {
  if (beginsWith(head, "feff") || beginsWith(head, "fffe")) return true;
  for (const byte of head) {
    if (byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f)) return false;
  }
  try {
    // Streaming: the last character may be cut.
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The begins of documents that a browser would run (§7.1), and of XML. */
const htmlTags =
  "html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|base|form|img|object|embed";
const htmlStart = new RegExp(`^(?:<!doctype html|<(?:${htmlTags})[\\s/>]|<!--)`, "i");

function textTypeOf(head: Uint8Array, claimed: string): string {
  const text = new TextDecoder().decode(head, { stream: true }).trimStart();
  if (/<svg[\s/>]/i.test(text) && text.startsWith("<")) return "image/svg+xml";
  if (htmlStart.test(text)) return "text/html";
  if (text.startsWith("<?xml")) return claimed.endsWith("+xml") ? claimed : "application/xml";
  const isKindOfText = claimed.startsWith("text/") || claimed === "application/json" || isMarkup(claimed);
  return isKindOfText ? claimed : "text/plain";
}

/** Types that a browser may run, whatever stands in them. */
export function isMarkup(type: string): boolean {
  return type.endsWith("+xml") || ["text/html", "text/xml", "application/xml"].includes(type);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
