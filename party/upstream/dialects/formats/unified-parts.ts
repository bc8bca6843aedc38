/**
 * The unified format's events `source` and `file` as chunks of the UI message stream. One that lacks what its chunk must have stays
 * data, so that nothing is lost.
 */
import type { ChunkPart } from "../../../../shared/content.ts";
import { defined } from "../../../../shared/defined.ts";
import { isObject, type JsonObject } from "../stream-event.ts";

export const unifiedParts: ReadonlySet<string> = new Set(["source", "file"]);

export function unifiedPart(tag: string, event: JsonObject): ChunkPart {
  const { type: _, ...fields } = event;
  const value = isObject(fields["data"]) ? fields["data"] : fields;
  return (tag === "source" ? sourceOf(value) : fileOf(value)) ?? { type: `data-${tag}`, data: fields };
}

function sourceOf(value: JsonObject): ChunkPart | undefined {
  const title = stringIn(value, "title", "name");
  const url = stringIn(value, "url", "href", "link");
  const id = value["sourceId"] ?? value["id"] ?? url ?? title;
  if (typeof id !== "string" && typeof id !== "number") return undefined;
  const sourceId = String(id);
  if (url !== undefined) return defined({ type: "source-url", sourceId, url, title });
  if (title === undefined) return undefined;
  const mediaType = stringIn(value, "mediaType", "mimeType") ?? "text/plain";
  return defined({ type: "source-document", sourceId, mediaType, title, filename: stringIn(value, "filename") });
}

function fileOf(value: JsonObject): ChunkPart | undefined {
  const mediaType = stringIn(value, "mediaType", "mimeType", "contentType");
  if (mediaType === undefined) return undefined;
  const address = stringIn(value, "url", "href");
  const base64 = stringIn(value, "base64", "data");
  const url = address ?? (base64 === undefined ? undefined : `data:${mediaType};base64,${base64}`);
  return url === undefined ? undefined : { type: "file", url, mediaType };
}

function stringIn(value: JsonObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = value[name];
    if (typeof found === "string" && found !== "") return found;
  }
  return undefined;
}
