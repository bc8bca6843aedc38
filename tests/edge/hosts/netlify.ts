/** Runs the example's edge function in Deno, which is what Netlify runs it in: for the path of its config, with a context. */
interface DenoGlobal {
  serve(
    options: { hostname: string; port: number; onListen: (address: { port: number }) => void },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response> | Response,
  ): unknown;
}
declare const Deno: DenoGlobal;

interface EdgeFunction {
  readonly default: (request: Request, context: { ip: string }) => Promise<Response>;
  readonly config: { readonly path: string };
}
const example = new URL("../../../examples/netlify/netlify/edge-functions/chat.js", import.meta.url).href;
const { default: chat, config } = (await import(example)) as EdgeFunction;

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`ready on http://127.0.0.1:${port}`),
  },
  (request, { remoteAddr }) => {
    if (new URL(request.url).pathname !== config.path) return new Response(null, { status: 404 });
    return chat(request, { ip: remoteAddr.hostname });
  },
);
