/** The figures of a storm, as the upstream counted them. */

/** In the order in which it happened. `taken`: the call is being answered. `refused`: the call got a 429. */
export interface StormEvent {
  readonly kind: "taken" | "refused" | "completed" | "aborted";
  readonly prompt: string;
}

export interface StormFigures {
  readonly calls: number;
  readonly refused: number;
  readonly completed: number;
  readonly aborted: number;
  /** Refused after the first `settlingIn` completions, by completion from then on. */
  readonly refusedLater: number;
  readonly completedLater: number;
  /** The most positions that a turn lost between the order of arrival and the order of completion. */
  readonly fellBack: number;
  /** The most calls that were made for one turn. */
  readonly mostCalls: number;
  /** The most answers at a time after the first `settlingIn`: how much of the upstream was found. */
  readonly mostAtATime: number;
}

/** Until this many turns have completed, the gateway may still be learning what the upstream takes. */
const settlingIn = 20;

export function stormFigures(events: readonly StormEvent[]): StormFigures {
  const callsOf = new Map<string, number>();
  const completed: string[] = [];
  let [refused, refusedLater, aborted, atATime, mostAtATime] = [0, 0, 0, 0, 0];
  for (const { kind, prompt } of events) {
    const isLater = completed.length >= settlingIn;
    if (kind === "taken" || kind === "refused") callsOf.set(prompt, (callsOf.get(prompt) ?? 0) + 1);
    if (kind === "taken") atATime += 1;
    else if (kind !== "refused") atATime -= 1;
    if (kind === "completed") completed.push(prompt);
    if (kind === "aborted") aborted += 1;
    if (kind === "refused") refused += 1;
    if (kind === "refused" && isLater) refusedLater += 1;
    if (isLater) mostAtATime = Math.max(mostAtATime, atATime);
  }
  const arrived = [...callsOf.keys()];
  const arrivedAt = new Map(arrived.map((prompt, position) => [prompt, position]));
  return {
    calls: [...callsOf.values()].reduce((sum, calls) => sum + calls, 0),
    refused,
    completed: completed.length,
    aborted,
    refusedLater,
    completedLater: Math.max(0, completed.length - settlingIn),
    fellBack: Math.max(0, ...completed.map((prompt, position) => position - (arrivedAt.get(prompt) ?? position))),
    mostCalls: Math.max(0, ...callsOf.values()),
    mostAtATime,
  };
}
