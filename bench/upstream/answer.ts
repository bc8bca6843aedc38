/** The answer every contender's backend gives: stamped tokens at the pace that was ordered. */
import { nowUs, stamp } from "../lib/stamp.ts";
import type { Order } from "./order.ts";

/** Tokens sent without a pause: other answers get a turn in between. */
const burstLength = 64;

/** Calls `onToken` for each token and `onDone` after the last. Returns what stops it. Late timers do not delay later tokens. */
export function answer({ tokens, rate }: Order, onToken: (text: string) => void, onDone: () => void): () => void {
  const startedAt = performance.now();
  let made = 0;
  let newest = 0;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const make = () => {
    newest = Math.max(nowUs(), newest + 1);
    made += 1;
    onToken(stamp(newest));
  };
  const go = () => {
    if (rate === 0) for (let count = 0; count < burstLength && made < tokens; count += 1) make();
    else while (made < tokens && startedAt + (made * 1_000) / rate <= performance.now() + 0.5) make();
    if (made >= tokens) onDone();
    else if (rate === 0) immediate = setImmediate(go);
    else timer = setTimeout(go, startedAt + (made * 1_000) / rate - performance.now());
  };
  go();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
