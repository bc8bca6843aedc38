/** What a measured use costs at list prices. Sources and dates: docs/scale.md. */

/** US dollars, Workers Paid, beyond what the plan includes. */
export const listPrices = {
  /** A request to a Worker. https://developers.cloudflare.com/workers/platform/pricing/ */
  workerRequest: 0.3e-6,
  workerCpuMs: 0.02e-6,
  /** A request to an object; an incoming WebSocket message is a twentieth. https://developers.cloudflare.com/durable-objects/platform/pricing/ */
  objectRequest: 0.15e-6,
  incomingMessage: 0.15e-6 / 20,
  /** An object counts as 128 MB while it runs or can't hibernate. While it is idle and eligible to hibernate it isn't billed. */
  gigabyteSecond: 12.5e-6,
  rowWritten: 1e-6,
} as const;

export const objectGigabytes = 0.128;

export interface Use {
  readonly workerRequests?: number;
  readonly workerCpuMs?: number;
  readonly objectRequests?: number;
  readonly incomingMessages?: number;
  readonly awakeSeconds?: number;
  readonly rowsWritten?: number;
}

export function costOf(use: Use): number {
  return (
    (use.workerRequests ?? 0) * listPrices.workerRequest +
    (use.workerCpuMs ?? 0) * listPrices.workerCpuMs +
    (use.objectRequests ?? 0) * listPrices.objectRequest +
    (use.incomingMessages ?? 0) * listPrices.incomingMessage +
    (use.awakeSeconds ?? 0) * objectGigabytes * listPrices.gigabyteSecond +
    (use.rowsWritten ?? 0) * listPrices.rowWritten
  );
}
