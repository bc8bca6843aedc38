/** Bad frames by the thousand (S2, S3). FUZZ_FRAMES and FUZZ_SEED choose others: `npm run test:fuzz`. */
import { expect, test } from "vitest";
import { hangAfterMs } from "../support/hang-guard.ts";
import { fuzzFrames } from "./frames.ts";

const count = Number(process.env["FUZZ_FRAMES"] ?? 5_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 1e9));

test(
  `[S3] ${count} bad frames crash nothing, tell nothing, and nobody else in the room notices`,
  async () => {
    const { closes, errors, heapGrowth } = await fuzzFrames(count, seed);
    console.log(`seed ${seed}`, { closes: Object.fromEntries(closes), errors: Object.fromEntries(errors), heapGrowth });
    // They got everywhere: past the parser, too large, into the queue, and refused for what they may not.
    expect([...errors.keys()]).toEqual(
      expect.arrayContaining(["bad-frame", "frame-too-large", "queue-full", "turn-conflict", "forbidden"]),
    );
    expect(heapGrowth, `seed ${seed}`).toBeLessThan(1.1);
    // Grows with the number of frames; a busy machine takes some milliseconds for each.
  },
  Math.max(hangAfterMs, count * 20),
);
