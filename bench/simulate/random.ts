/** Pseudo-random numbers: the same seed gives the same numbers. */

export type Random = () => number;

/** Uniform in [0, 1); mulberry32, 32 bits of state. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The time between two events that come `perMs` on average. */
export function exponential(perMs: number, random: Random): number {
  return -Math.log(1 - random()) / perMs;
}

/** Most values are near the median and a few are much longer, as the lengths of answers are. */
export function logNormal(medianMs: number, sigma: number, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(sigma * normal);
}
