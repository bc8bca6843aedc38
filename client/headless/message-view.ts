/** A turn and those that continue it, as the one message that a page shows. */
import { defined } from "../../shared/defined.ts";
import { chainParts } from "../../shared/open-calls.ts";
import type { TurnView } from "../../shared/transcript.ts";

/** By the newest turn of a message. */
const views = new WeakMap<TurnView, { readonly chain: readonly TurnView[]; readonly view: TurnView }>();

/**
 * The question and the id of the first turn, the whole answer, and the state of the newest turn. The same object while the turns
 * are the same, so that a component in `memo` renders only when its message changed.
 */
export function messageView(chain: readonly [TurnView, ...TurnView[]]): TurnView {
  const [first] = chain;
  const newest = chain.at(-1) ?? first;
  if (newest === first) return first;
  const known = views.get(newest);
  if (known?.chain.length === chain.length && chain.every((turn, at) => turn === known.chain[at])) return known.view;
  const { id, input, author, createdAt, metadata } = first;
  const parts = chainParts(chain);
  const length = chain.reduce((sum, turn) => sum + turn.length, 0);
  const { continues: _, ...state } = newest;
  const view: TurnView = { ...state, ...defined({ input, author, createdAt, metadata }), id, parts, length };
  views.set(newest, { chain, view });
  return view;
}
