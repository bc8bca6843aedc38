/** The upstream as a stateless edge calls it: a failure that asks for a longer wait than `maxWaitMs` is final. */
import { defined } from "../../shared/defined.ts";
import { type Upstream, type UpstreamBatch, UpstreamFailure, type UpstreamRequest } from "../core/ports.ts";

export interface BoundedWaitUpstreamOptions {
  /** The longest wait that the backend may ask for. A longer wait is left to the client, so that no function runs (and costs) meanwhile. */
  readonly maxWaitMs: () => number;
  /** Called when the answer's headers are accepted. */
  readonly onOpen: () => void;
}

export class BoundedWaitUpstream implements Upstream {
  readonly #upstream: Upstream;
  readonly #options: BoundedWaitUpstreamOptions;

  constructor(upstream: Upstream, options: BoundedWaitUpstreamOptions) {
    this.#upstream = upstream;
    this.#options = options;
  }

  async open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>> {
    const batches = await this.#upstream.open(request, signal).catch((error: unknown) => {
      throw error instanceof UpstreamFailure && (error.retryAfterMs ?? 0) > this.#options.maxWaitMs()
        ? final(error)
        : error;
    });
    this.#options.onOpen();
    return batches;
  }

  stop(generationId: string, signal: AbortSignal): Promise<"confirmed" | "unsupported"> {
    return this.#upstream.stop(generationId, signal);
  }
}

/** The same failure, after which the run does not try again. */
function final({ code, cause, retryAfterMs, byUpstream }: UpstreamFailure): UpstreamFailure {
  return new UpstreamFailure(code, false, {
    cause,
    byUpstream,
    ...defined({ retryAfterMs }),
  });
}
