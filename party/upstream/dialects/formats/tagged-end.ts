/** How a tagged answer ends: whether an end event is needed, whether one came, and why the model stopped. */
import type { UpstreamEnd } from "../../../core/ports.ts";
import { endOfError } from "../said-error.ts";
import type { JsonObject } from "../stream-event.ts";

/** The backend says that the answer was aborted, which no reader asked for. */
export const brokenOff: UpstreamEnd = { kind: "error", code: "upstream-truncated", retryable: true };

/** Keys with a reason why the model stopped. */
const reasonKeys = ["finishReason", "finish_reason", "stopReason", "stop_reason", "done_reason"] as const;

export class TaggedEnd {
  /** The format has an end event: a stream that closes before it is cut off. */
  isNeeded = false;
  /** Something said that the answer is over. More may follow, such as token counts. */
  isSaid = false;
  #finishReason: string | undefined;

  takeReason(value: JsonObject): void {
    for (const key of reasonKeys) {
      const reason = value[key];
      if (typeof reason !== "string" || reason === "" || reason === "null") continue;
      this.#finishReason = reason;
      this.isSaid = true;
    }
  }

  end(): UpstreamEnd {
    if (this.#finishReason === "error") return endOfError({});
    return { kind: "done", ...(this.#finishReason === undefined ? {} : { finishReason: this.#finishReason }) };
  }
}
