/** What Netlify gives a function beside the request: `Context` of @netlify/edge-functions, as far as it is used here. */
export interface NetlifyContext {
  readonly ip?: string;
  /** Optional: older CLIs, which run functions locally, give none. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}
export declare function netlifyEdge(request: Request, context: NetlifyContext): Promise<Response>;
/**
 * Where it answers and how often an address may ask: counted by Netlify itself, before the function runs.
 * https://docs.netlify.com/manage/security/secure-access-to-sites/rate-limiting/
 */
export declare const netlifyConfig: {
  readonly path: "/chat";
  readonly method: readonly ["GET", "POST", "OPTIONS"];
  readonly cache: "off";
  readonly rateLimit: {
    readonly windowLimit: 600;
    readonly windowSize: 60;
    readonly aggregateBy: readonly ["ip", "domain"];
  };
};