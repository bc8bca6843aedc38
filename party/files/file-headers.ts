/** The headers with which an uploaded file is served: what a browser shows, and what it only offers to save. Pure. */

/**
 * Types that a browser shows without running anything of them. Everything else is a download: SVG, HTML and XML run scripts in
 * the gateway's origin, a PDF has a viewer of its own, and an unknown type may become any of these.
 */
const inlineTypes: ReadonlySet<string> = new Set([
  ...["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"],
  ...["audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/mp4", "audio/aac"],
  ...["video/mp4", "video/webm", "video/quicktime"],
  "text/plain",
]);

/** Should a browser be led to show it all the same: no script, no form, no frame, an origin of its own. */
const filePolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

export function fileHeaders(mediaType: string, filename: string | undefined): Record<string, string> {
  const kind = inlineTypes.has(mediaType) ? "inline" : "attachment";
  return {
    "content-type": mediaType.startsWith("text/") ? `${mediaType}; charset=utf-8` : mediaType,
    "content-disposition": filename === undefined ? kind : `${kind}; ${filenameField(filename)}`,
    "content-security-policy": filePolicy,
    // Pages of other origins show it as an image: whoever has the address may read it.
    "cross-origin-resource-policy": "cross-origin",
    "accept-ranges": "bytes",
    // Long enough to scroll past it and back; short enough that an erased file is soon gone everywhere.
    "cache-control": "private, max-age=300",
    vary: "authorization",
  };
}

/** RFC 6266 §4.3: a plain name for old clients, and the exact one. */
function filenameField(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${exact}`;
}

const maxNameLength = 200;

/** The name in the `Content-Disposition` of an upload, made safe: no folders, no control characters, of bounded length. */
export function filenameIn(disposition: string | null): string | undefined {
  if (disposition === null) return undefined;
  const exact = /;\s*filename\*\s*=\s*UTF-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1];
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))/i.exec(disposition);
  const quoted = plain?.[1]?.replace(/\\(.)/g, "$1") ?? plain?.[2];
  const name = (exact === undefined ? undefined : decoded(exact)) ?? quoted;
  const base =
    name
      ?.split(/[\\/]/)
      .at(-1)
      ?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
      .trim() ?? "";
  return base === "" || base === "." || base === ".."
    ? undefined
    : base.toWellFormed().slice(0, maxNameLength).toWellFormed();
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
