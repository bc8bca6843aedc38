/** Numbers the steps of an answer. A boundary is only worth showing between two steps that both have content. */
import type { UiPart } from "../../../../shared/index.ts";

/** For each boundary that is shown, the number of the step that begins there. Steps without content aren't counted. */
export function stepNumbers(parts: readonly UiPart[]): (number | undefined)[] {
  let steps = 0;
  return parts.map((part, index) => {
    const next = parts[index + 1];
    if (index === 0 && part.type !== "step-start") steps += 1;
    if (part.type !== "step-start" || next === undefined || next.type === "step-start") return undefined;
    steps += 1;
    return steps > 1 ? steps : undefined;
  });
}
