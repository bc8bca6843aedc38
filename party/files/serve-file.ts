/** Answers GET and HEAD of an uploaded file, for a client that may read it. Its bytes pass from the bucket as a stream. */
import { problem } from "../responses/problem.ts";
import type { FileBucket } from "./file-bucket.ts";
import { labelsOf } from "./file-bucket.ts";
import { fileHeaders } from "./file-headers.ts";
import { type ByteRange, isConditional, wishOf } from "./file-request.ts";

export async function serveFile({ method, headers }: Request, id: string, bucket: FileBucket): Promise<Response> {
  const isHead = method === "HEAD";
  if (!isHead && !isConditional(headers)) {
    const object = await bucket.get(id, undefined);
    return object === null ? problem("file-unknown") : whole(object, object.body);
  }
  const object = await bucket.head(id);
  if (object === null) return problem("file-unknown");
  const { httpEtag: etag, size: bytes, uploaded } = object;
  const wish = wishOf(headers, { etag, bytes, storedAt: uploaded.getTime() });
  switch (wish.kind) {
    case "not-modified":
      return new Response(null, { status: 304, headers: headersOf(object) });
    case "changed":
      return new Response(null, { status: 412, headers: headersOf(object) });
    case "out-of-range":
      return new Response(null, { status: 416, headers: { "content-range": `bytes */${bytes}` } });
    case "range":
      // §14.2: a range means nothing to another method than GET.
      return isHead ? whole(object, null) : part(id, wish.range, bucket);
    case "whole":
      return isHead ? whole(object, null) : serveWhole(id, bucket);
  }
}

async function serveWhole(id: string, bucket: FileBucket): Promise<Response> {
  const object = await bucket.get(id, undefined);
  return object === null ? problem("file-unknown") : whole(object, object.body);
}

async function part(id: string, range: ByteRange, bucket: FileBucket): Promise<Response> {
  const object = await bucket.get(id, range);
  if (object === null) return problem("file-unknown");
  const { offset, length } = range;
  return new Response(object.body, {
    status: 206,
    headers: {
      ...headersOf(object),
      "content-range": `bytes ${offset}-${offset + length - 1}/${object.size}`,
      "content-length": String(length),
    },
  });
}

function whole(object: R2Object, body: ReadableStream | null): Response {
  return new Response(body, { headers: { ...headersOf(object), "content-length": String(object.size) } });
}

function headersOf(object: R2Object): Record<string, string> {
  const { mediaType, filename } = labelsOf(object);
  return {
    ...fileHeaders(mediaType, filename),
    etag: object.httpEtag,
    "last-modified": object.uploaded.toUTCString(),
  };
}
