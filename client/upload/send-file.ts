/** Sends a file's bytes once: by XMLHttpRequest where progress is to be shown and a browser has it, otherwise by fetch. */

export interface SentFile {
  /** Scheme, host, path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((sentBytes: number) => void) | undefined;
}

export interface FileAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Parsed JSON; undefined where the body is something else. */
  readonly body: unknown;
}

/** Rejects where the network fails, and with the signal's reason. */
export function sendFile(sent: SentFile): Promise<FileAnswer> {
  const { onProgress, signal } = sent;
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  // A browser's fetch tells nothing of what it has sent.
  return onProgress === undefined || typeof XMLHttpRequest === "undefined" ? byFetch(sent) : byXhr(sent, onProgress);
}

async function byFetch({ url, headers, body, signal }: SentFile): Promise<FileAnswer> {
  const init = { method: "POST", headers, body, ...(signal && { signal }) };
  const response = await fetch(url, init);
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    body: parsed(await response.text()),
  };
}

function byXhr({ url, headers, body, signal }: SentFile, onProgress: (sentBytes: number) => void): Promise<FileAnswer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () =>
      resolve({
        status: request.status,
        retryAfter: request.getResponseHeader("retry-after"),
        body: parsed(request.responseText),
      });
    request.onerror = () => reject(new TypeError("The network failed."));
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    request.send(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
