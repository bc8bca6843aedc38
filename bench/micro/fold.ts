/** The client's fold of a long answer, at three lengths: linear means that a token costs the same in each. */
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame } from "../../shared/transcript.ts";
import { stamp, tokenLength } from "../lib/stamp.ts";
import type { Step } from "./step.ts";

/** A delta for each token: more than a room ever sends. */
function framesOf(tokens: number): ServerFrame[] {
  const turnId = "measured";
  const frames: ServerFrame[] = [
    { type: "sync", epoch: "e", seq: 0, floor: 0, mode: "snapshot", turns: [] },
    { type: "turn-queued", seq: 1, turnId, input: { prompt: "x" }, author: "a", createdAt: 0, position: 0 },
    { type: "turn-start", seq: 2, turnId },
  ];
  for (let token = 0; token < tokens; token += 1) {
    frames.push({
      type: "turn-delta",
      turnId,
      offset: token * tokenLength,
      parts: [{ type: "text-delta", delta: stamp(token) }],
    });
  }
  frames.push({ type: "turn-end", seq: 3, turnId, length: tokens * tokenLength, outcome: "completed" });
  return frames;
}

export const foldSteps: readonly Step[] = [10_000, 50_000, 100_000].map((tokens) => {
  const frames = framesOf(tokens);
  return {
    name: `client's fold of ${tokens.toLocaleString("en")} tokens`,
    tokens,
    run: () => {
      let view = EMPTY_VIEW;
      for (const frame of frames) view = foldFrame(view, frame).view;
      if (view.turns[0]?.state !== "settled") throw new Error("not the whole answer");
    },
  };
});
