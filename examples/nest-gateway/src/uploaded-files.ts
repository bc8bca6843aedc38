/**
 * Reads files that were uploaded to the gateway, by the signed address in a question. It reads from the gateway alone: whoever
 * asks chooses the address, and a backend that fetches any address reads what only it can reach (SSRF).
 */
/** The default of the gateway's own bound. */
const maxBytes = 20 * 1_048_576;
const timeoutMs = 10_000;

const loopback = /^https?:\/\/(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})(?::\d+)?$/;
const filePath = /^\/parties\/chat\/[^/]+\/files\/[^/]+$/;

export interface ReadFile {
  mediaType: string;
  bytes: Uint8Array;
}

/**
 * The file at a signed address of the gateway. Undefined for any other address, and where it can't be read: it has expired, its
 * question was removed, or it is too large.
 * @param origin of the gateway; undefined for one on this machine.
 */
export async function readUploadedFile(
  url: string,
  origin: string | undefined,
  signal: AbortSignal,
): Promise<ReadFile | undefined> {
  if (!URL.canParse(url)) return undefined;
  const address = new URL(url);
  const isGateway = origin === undefined ? loopback.test(address.origin) : address.origin === origin;
  if (!isGateway || !filePath.test(address.pathname)) return undefined;
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    // A redirect would lead elsewhere.
    const response = await fetch(address, { signal: bounded, redirect: "error" });
    if (!response.ok || Number(response.headers.get("content-length")) > maxBytes) {
      await response.body?.cancel();
      return undefined;
    }
    const bytes = await bytesOf(response);
    return bytes === undefined ? undefined : { mediaType: response.headers.get("content-type") ?? "", bytes };
  } catch {
    signal.throwIfAborted();
    // The network failed: the question is answered without the file.
    return undefined;
  }
}

/** Undefined beyond the bound: an answer that is compressed on its way doesn't say its length. */
async function bytesOf({ body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The same parts with the bytes of uploaded files in place of their addresses, as data URLs, for whoever can't fetch. */
export async function withReadFiles<P extends { readonly type: string; readonly [field: string]: unknown }>(
  parts: readonly P[],
  origin: string | undefined,
  signal: AbortSignal,
): Promise<readonly P[]> {
  return Promise.all(
    parts.map(async (part) => {
      if (part.type !== "file" || typeof part["url"] !== "string") return part;
      const file = await readUploadedFile(part["url"], origin, signal);
      if (file === undefined) return part;
      const mediaType = file.mediaType.split(";")[0] ?? "";
      return { ...part, mediaType, url: `data:${mediaType};base64,${Buffer.from(file.bytes).toString("base64")}` };
    }),
  );
}
