// The same for Vercel's edge runtime: it never answers. `NextRequest` is a `Request` with `nextUrl`.
declare const process: { env: { NEST_BASE: string } };

// #region sample
export const config = { runtime: "edge" };

async function handler(req: Request & { nextUrl: URL }) {
  const prompt = req.nextUrl.searchParams.get("q") ?? "hello";
  const upstream = await fetch(
    `${process.env.NEST_BASE}/model/chat?provider=openai&prompt=${encodeURIComponent(prompt)}`,
  );
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const reader = upstream.body!.getReader();
  while (true) {
    const { value, done } = await reader.read();
    if (done) break;
    await writer.write(value);
  }
  await writer.close();
  return new Response(readable, { headers: { "Content-Type": "text/event-stream" } });
}
// #endregion

export default (request: Request) => handler(Object.assign(request, { nextUrl: new URL(request.url) }));
