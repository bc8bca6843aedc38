/** Every scenario, in the order of the report. */
import { burst } from "./burst.ts";
import { fanOut } from "./fan-out.ts";
import { firstToken } from "./first-token.ts";
import { idle } from "./idle.ts";
import { longAnswer } from "./long-answer.ts";
import { paced } from "./paced.ts";
import { resume } from "./resume.ts";
import type { Scenario, Sizes } from "./scenario.ts";
import { storm } from "./storm.ts";

export function scenarios(sizes: Sizes): readonly Scenario[] {
  return [
    burst(sizes),
    firstToken(sizes),
    paced(20, sizes),
    paced(100, sizes),
    fanOut(20, sizes),
    fanOut(100, sizes),
    fanOut(1_000, sizes),
    resume(sizes),
    longAnswer(sizes),
    storm(sizes),
    idle(sizes),
  ];
}
