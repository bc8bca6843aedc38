/**
 * Starts Workers in isolates of their own, as often as it is asked: what a cold start is, without that of a whole process. Used by
 * `scripts/measure/cold-start.ts` alone. PUT /<name> keeps a Worker's modules; GET /<name>?isolate=<id> asks it for its path in the
 * isolate of that name, which is started where there is none.
 */
interface Code {
  readonly modules: Record<string, string | { readonly text: string }>;
  readonly mainModule: string;
  readonly env: Record<string, string>;
}

interface Kept extends Code {
  readonly path: string;
}

/** The binding of `worker_loaders`, as far as it is used here. */
interface Loader {
  get(
    id: string,
    code: () => Promise<Code & { readonly compatibilityDate: string }>,
  ): { getEntrypoint(): { fetch(url: string): Promise<Response> } };
}

interface Env {
  readonly LOADER: Loader;
}

const kept = new Map<string, Kept>();

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === "PUT") {
      kept.set(pathname, await request.json());
      return new Response(null, { status: 204 });
    }
    const worker = kept.get(pathname);
    const isolate = searchParams.get("isolate");
    if (worker === undefined || isolate === null) return new Response(null, { status: 404 });
    const { path, ...code } = worker;
    const started = env.LOADER.get(`${pathname}/${isolate}`, async () => ({
      ...code,
      compatibilityDate: "2026-11-01",
    }));
    return started.getEntrypoint().fetch(`http://localhost${path}`);
  },
};
