/** Runs the example's edge function in Deno, which is what Netlify runs it in: for the path of its config, with a context. */
interface DenoGlobal {
  serve(
    options: { hostname: string; port: number; onListen: (address: { port: number }) => void },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response> | Response,
  ): unknown;
}
declare const Deno: DenoGlobal & { readonly args: readonly string[]; readonly env: object };

interface Context {
  readonly ip: string;
  readonly waitUntil: (work: Promise<unknown>) => void;
}
interface EdgeFunction {
  readonly default: (request: Request, context: Context) => Promise<Response>;
  readonly config: { readonly path: string };
}
/** Another function than the example's, with the same form, and with the global that the platform has and older CLIs lack. */
const [other] = Deno.args;
if (other !== undefined) Object.assign(globalThis, { Netlify: { env: Deno.env } });
const file = other ?? "examples/netlify/netlify/edge-functions/chat.js";
const { default: chat, config } = (await import(new URL(`../../../${file}`, import.meta.url).href)) as EdgeFunction;

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`ready on http://127.0.0.1:${port}`),
  },
  (request, { remoteAddr }) => {
    if (new URL(request.url).pathname !== config.path) return new Response(null, { status: 404 });
    // Deno itself goes on until its process ends.
    return chat(request, { ip: remoteAddr.hostname, waitUntil: () => undefined });
  },
);
