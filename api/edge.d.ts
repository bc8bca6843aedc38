/**
 * The whole of a stateless edge: what the Worker does before its bridge (settings, origin, addresses), for platforms where a
 * function is one fetch handler. What differs between them is in `vercel.ts` and `netlify.ts`.
 */
import "zod/mini";
type Variables = Readonly<Record<string, unknown>>;
export interface EdgeVisit {
  /** The gateway's settings (docs/settings.md). The same object each time: it is parsed once. */
  readonly settings: Variables;
  /** The visitor's address, as the platform tells it. */
  readonly address: string | undefined;
  /** Keeps the function alive until `work` is done. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}
/** Never rejects. */
export declare function serveBridge(request: Request, { settings, address, waitUntil }: EdgeVisit): Promise<Response>;
export {};