/** What a content type promises of a body. It decides only where the bytes don't: many backends name the wrong one. */

/**
 * `events`: a stream, whose events are read as they come. `json`: one document, or objects on lines. `text`: text, streamed or
 * whole. `nothing`: no type is named, so that only a stream or JSON is taken for an answer.
 */
export type Promised = "events" | "json" | "text" | "nothing";

const streamTypes: ReadonlySet<string> = new Set([
  ...[
    "text/event-stream",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
  ],
  ...["application/jsonlines", "application/stream+json", "application/json-seq", "application/x-json-stream"],
]);

/** Undefined for a type that can't hold an answer, HTML above all. */
export function promisedBy(contentType: string): Promised | undefined {
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (streamTypes.has(mediaType)) return "events";
  if (/^application\/(?:[\w.-]+\+)?json$/.test(mediaType)) return "json";
  if (mediaType === "text/plain" || mediaType === "text/markdown") return "text";
  return mediaType === "" || mediaType === "application/octet-stream" ? "nothing" : undefined;
}

/** Decodes text of the character set that the type names. A stream of events is always UTF-8. */
export function decoderFor(contentType: string, promised: Promised) {
  const charset = promised === "text" ? /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1] : undefined;
  try {
    return new TextDecoder(charset);
  } catch {
    // A character set that the runtime doesn't know: the answer can't be read.
    return undefined;
  }
}
