/** The backend as a stateless edge asks it: without a wait that nobody would sit through. */
import { defined } from "../../shared/defined.ts";
import { type Upstream, type UpstreamBatch, UpstreamFailure, type UpstreamRequest } from "../core/ports.ts";

export interface PatientUpstreamOptions {
  /** The longest wait that the backend may ask for; a longer one is the reader's own, and no function runs (and costs) meanwhile. */
  readonly patienceMs: () => number;
  /** The answer's headers say that it may be read. */
  readonly onOpen: () => void;
}

export class PatientUpstream implements Upstream {
  readonly #upstream: Upstream;
  readonly #options: PatientUpstreamOptions;

  constructor(upstream: Upstream, options: PatientUpstreamOptions) {
    this.#upstream = upstream;
    this.#options = options;
  }

  async open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>> {
    const batches = await this.#upstream.open(request, signal).catch((error: unknown) => {
      throw error instanceof UpstreamFailure && (error.retryAfterMs ?? 0) > this.#options.patienceMs()
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
