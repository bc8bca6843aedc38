/** Reads the body of a request or an answer as text, and no more of it than the bound. */

/** Undefined where there is more than `maxBytes`. A body that breaks off reads as the part that arrived. */
export async function readBounded(
  { headers, body }: Pick<Request | Response, "headers" | "body">,
  maxBytes: number,
): Promise<string | undefined> {
  if (Number(headers.get("content-length") ?? 0) > maxBytes) {
    await body?.cancel().catch(() => undefined);
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
      await reader?.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(next.value, { stream: true });
  }
}
