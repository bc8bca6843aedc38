/**
 * Starts Workers in isolates of their own, as often as it is asked: what a cold start is, without that of a whole process. Used by
 * `scripts/measure-cold-start.ts` alone. PUT /<name> keeps a Worker's modules; GET /<name>?isolate=<id> asks it for /health in the
 * isolate of that name, which is started where there is none.
 */
interface Kept {
  readonly modules: Record<string, string>;
  readonly mainModule: string;
  readonly env: Record<string, string>;
}

/** The binding of `worker_loaders`, as far as it is used here. */
interface Loader {
  get(
    id: string,
    code: () => Promise<Kept & { readonly compatibilityDate: string }>,
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
    const started = env.LOADER.get(`${pathname}/${isolate}`, async () => ({
      ...worker,
      compatibilityDate: "2026-11-01",
    }));
    return started.getEntrypoint().fetch("http://localhost/health");
  },
};
