// The way in which streaming at the edge is often written, word for word as it goes around: it pumps the whole stream before it
// answers. `tests/edge/samples.test.ts` shows what comes of it.
// #region sample
interface Env {
  NEST_BASE: string;
}

export default {
  async fetch(req: Request, env: Env) {
    const url = new URL(req.url);
    if (url.pathname === "/chat") {
      const upstream = await fetch(`${env.NEST_BASE}/model/chat?provider=openai&prompt=${url.searchParams.get("q")}`);
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      const encoder = new TextEncoder();
      const reader = upstream.body!.getReader();
      writer.write(encoder.encode(":worker-bridge\n\n"));
      while (true) {
        const { value, done } = await reader.read();
        if (done) break;
        await writer.write(value);
      }
      await writer.close();
      return new Response(readable, {
        headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" },
      });
    }
    return new Response("ok");
  },
};
// #endregion
