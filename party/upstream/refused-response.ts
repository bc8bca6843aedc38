/** An HTTP status that isn't an answer, as a failure (U2, U4): its status, its `Retry-After`, and the reason in its body. */
import { defined } from "../../shared/defined.ts";
import { UpstreamFailure } from "../core/ports.ts";
import { saidIn } from "./dialects/said-error.ts";
import { jsonOrUndefined } from "./dialects/stream-event.ts";
import { reasonOf } from "./refusal-reason.ts";
import { overloadStatuses, retryAfter, retryableCode } from "./status.ts";

/** A refusal is a sentence or two. Beyond this it is a page, and its reason isn't looked for. */
const maxBodyBytes = 16_384;
/** The reason is worth a short wait, not the turn's time. */
const bodyTimeoutMs = 1_000;

/** Reads the body, within bounds, and closes it. */
export async function refusalOf(response: Response, signal: AbortSignal): Promise<UpstreamFailure> {
  const { status, headers } = response;
  const said = saidIn(await bodyIn(response, signal));
  const retryAfterMs = retryAfter(headers.get("retry-after"), Date.now()) ?? said.waitMs;
  const reason = reasonOf({ ...said, status, hasWait: retryAfterMs !== undefined });
  const cause = `status ${status}`;
  const code = reason === undefined ? retryableCode(status) : undefined;
  if (code === undefined) {
    return new UpstreamFailure(reason ?? "upstream-rejected", false, { cause, byUpstream: true });
  }
  return new UpstreamFailure(code, true, {
    cause,
    byUpstream: true,
    ...defined({ isOverload: overloadStatuses.has(status) || undefined, retryAfterMs }),
  });
}

/** JSON as a value, other text as it is; undefined for what is neither, too large, or late. */
async function bodyIn({ body, headers }: Response, signal: AbortSignal): Promise<unknown> {
  if (body === null) return undefined;
  const isText = /json|text\/plain/i.test(headers.get("content-type") ?? "");
  const reader = body.getReader();
  // Two listeners, not `AbortSignal.any`: Vercel's edge runtime has none.
  const late = AbortSignal.timeout(bodyTimeoutMs);
  const cancel = () => void reader.cancel().catch(() => undefined);
  for (const end of [signal, late]) end.addEventListener("abort", cancel, { once: true });
  try {
    const decoder = new TextDecoder();
    let [text, bytes] = ["", 0];
    while (isText && !signal.aborted && !late.aborted) {
      const { done, value } = await reader.read();
      if (done) return jsonOrUndefined(text + decoder.decode()) ?? text;
      bytes += value.byteLength;
      if (bytes > maxBodyBytes) break;
      text += decoder.decode(value, { stream: true });
    }
    return undefined;
  } catch {
    // A connection that breaks here has told its status already.
    return undefined;
  } finally {
    for (const end of [signal, late]) end.removeEventListener("abort", cancel);
    cancel();
  }
}
