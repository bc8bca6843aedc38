/**
 * The echo provider's text, as a pure function of its parameters: tests compute the exact answer they must see.
 * No imports, so that any test runner can load it.
 */

export interface EchoTextParams {
  /** Stream this many numbered tokens (`tok0 tok1 tok2 …`) instead of the prompt. */
  tokens?: number | undefined;
  /** Characters (code points) a token of echoed text; not used with `tokens`. */
  chunkSize?: number | undefined;
  /** Times the prompt is said, one directly after the other; not used with `tokens`. */
  repeat?: number | undefined;
  failAfter?: number | undefined;
  stallAfter?: number | undefined;
}

export const defaultChunkSize = 4;

/** The token events' texts, one by one. A surrogate pair is never split. */
export function* echoChunks(params: EchoTextParams, prompt: string): Generator<string> {
  const limit = Math.min(params.failAfter ?? Number.POSITIVE_INFINITY, params.stallAfter ?? Number.POSITIVE_INFINITY);
  let count = 0;
  for (const chunk of params.tokens === undefined ? promptChunks(params, prompt) : numbered(params.tokens)) {
    if (count++ >= limit) return;
    yield chunk;
  }
}

/** The whole text that these parameters stream: up to the failure or stall, where they ask for one. */
export function echoText(params: EchoTextParams, prompt: string): string {
  return Array.from(echoChunks(params, prompt)).join("");
}

function* numbered(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield i === 0 ? "tok0" : ` tok${i}`;
}

function* promptChunks(
  { chunkSize = defaultChunkSize, repeat = 1 }: EchoTextParams,
  prompt: string,
): Generator<string> {
  let chunk = "";
  let size = 0;
  for (let i = 0; i < repeat; i++) {
    for (const character of prompt) {
      chunk += character;
      if (++size < chunkSize) continue;
      yield chunk;
      chunk = "";
      size = 0;
    }
  }
  if (chunk !== "") yield chunk;
}
