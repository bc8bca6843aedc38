/** Reads the body of a request or an answer as text, and no more of it than the bound. */

/** Undefined where there is more than `maxBytes`. A body that breaks off reads as the part that arrived. */
export async function readBounded(
  { headers, body }: Pick<Request | Response, "headers" | "body">,
  maxBytes: number,
): Promise<string | undefined> {
  if (Number(headers.get("content-length") ?? 0) > maxBytes) {
    leave(body);
    return undefined;
  }
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const next = await reader?.read().catch(() => undefined);
    if (next?.value === undefined) return text + decoder.decode();
    bytes += next.value.byteLength;
    if (bytes > maxBytes) {
      leave(reader);
      return undefined;
    }
    text += decoder.decode(next.value, { stream: true });
  }
}

/** Not awaited: on Vercel's edge runtime the promise settles only once the sender has finished. */
function leave(source: Pick<ReadableStream, "cancel"> | null | undefined): void {
  // A body that is broken already has nothing to cancel.
  source?.cancel().catch(() => undefined);
}
