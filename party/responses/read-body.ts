/** A request's body as text, of which no more is read than it may be long. */

/** Undefined where there is more than `maxBytes`. A body that breaks off reads as what came of it. */
export async function readBounded(request: Request, maxBytes: number): Promise<string | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return undefined;
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const next = await reader?.read().catch(() => undefined);
    if (next?.value === undefined) return text + decoder.decode();
    bytes += next.value.byteLength;
    if (bytes > maxBytes) {
      await reader?.cancel();
      return undefined;
    }
    text += decoder.decode(next.value, { stream: true });
  }
}
