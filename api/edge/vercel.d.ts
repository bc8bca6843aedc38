/** What the edge runtime gives a handler beside the request. */
export interface VercelContext {
  readonly waitUntil?: (work: Promise<unknown>) => void;
}
/** For `export const config = { runtime: "edge" }`: a plain handler. */
export declare function vercelEdge(request: Request, given?: VercelContext): Promise<Response>;
/** For the Node.js runtime: the object with `fetch` that Vercel looks for. */
export declare const vercelFunction: {
  fetch: typeof vercelEdge;
};