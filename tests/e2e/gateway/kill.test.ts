/**
 * SIGKILL on the gateway's runtime, with real storage and the real backend, in every phase of a turn: before the first
 * token, mid-answer, queued, stopping, resuming. What the rounds are and how they are judged: `tests/support/kill/kill.ts`.
 * More of them: `npm run test:kill -- --rounds N`.
 */
import { writeSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeRound, KillStage, type RoundResult, repeatCommand } from "../../support/kill/kill.ts";

/** New rooms and moments each time; a failure names the seed that brings its round back. */
const seed = Number(process.env["KILL_SEED"] ?? Math.floor(Math.random() * 1e9));
const rounds = 8;

let stage: KillStage;
beforeAll(async () => {
  stage = await KillStage.start();
});
afterAll(() => stage?.stop());

test("[T2][T3][T5][U7] whenever the gateway is killed, each answer is exact, generated once, and none is left open", async () => {
  const seeds = Array.from({ length: rounds }, (_, index) => seed + index);
  const results: RoundResult[] = [];
  for (const wave of [seeds.slice(0, rounds / 2), seeds.slice(rounds / 2)]) {
    for (const result of (await stage.run(wave)).results) {
      results.push(result);
      // Past the runner, which shows what a test prints only when it fails: the moments are worth seeing each time.
      writeSync(1, `${describeRound(result)}\n`);
    }
  }
  const failures = results.filter(({ problems }) => problems.length > 0);
  expect(failures.map((result) => `${describeRound(result)}\n${repeatCommand(result)}`)).toEqual([]);
});
