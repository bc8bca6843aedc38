/** docs/already/socket-io.md: the handler of a Socket.IO event as a route that streams. */

// #region route
/** What stood in `socket.on("ask", …)`: it emits text as it comes, and stops when the signal says so. */
type Ask = (question: string, emit: (text: string) => void, signal: AbortSignal) => Promise<void>;

export async function stream(ask: Ask, request: Request): Promise<Response> {
  const { messages } = (await request.json()) as { messages: { role: string; content: string }[] };
  const stopped = new AbortController();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (event: object) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
      try {
        await ask(messages.at(-1)?.content ?? "", (text) => send({ type: "delta", data: text }), stopped.signal);
        send({ type: "complete" });
        controller.close();
      } catch (error) {
        if (stopped.signal.aborted) return;
        send({ type: "error", code: "failed", message: error instanceof Error ? error.message : "failed" });
        controller.close();
      }
    },
    cancel: () => stopped.abort(),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } });
}
// #endregion
