/** A streamed HTTP answer of the load generator: its text handed on as it comes. */

export interface OpenStream {
  /** Settles when the answer is over or was left; rejects when it broke. */
  readonly over: Promise<void>;
  close(): Promise<void>;
}

/** Resolves when the headers are there. Rejects for a status other than 2xx. */
export async function openStream(url: string, init: RequestInit, onText: (text: string) => void): Promise<OpenStream> {
  const controller = new AbortController();
  const response = await fetch(url, { ...init, signal: controller.signal });
  if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const { body } = response;
  const decoder = new TextDecoder("latin1");
  const over = (async () => {
    try {
      for await (const bytes of body) onText(decoder.decode(bytes));
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  })();
  // Whoever opened it may never look.
  over.catch(() => undefined);
  return {
    over,
    close: async () => {
      controller.abort();
      await over.catch(() => undefined);
    },
  };
}

export function jsonPost(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}
