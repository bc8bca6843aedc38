/** docs/already/langchain.md: a chain or an agent behind the gateway. It needs nothing of LangChain but `streamEvents`. */

// #region answer
interface Message {
  readonly role: string;
  readonly content: string;
}

/** What is used of a LangChain runnable: a chain, a model, an agent or a graph. */
interface Runnable {
  streamEvents(
    input: { messages: readonly Message[] },
    options: { version: "v2"; signal: AbortSignal },
  ): AsyncIterable<object>;
}

export async function answer(chain: Runnable, request: Request): Promise<Response> {
  const { messages } = (await request.json()) as { messages: Message[] };
  const stopped = new AbortController(); // a stop at the gateway cancels the body, and the chain stops
  const events = chain.streamEvents({ messages }, { version: "v2", signal: stopped.signal })[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
    },
    cancel: () => stopped.abort(),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } });
}
// #endregion
