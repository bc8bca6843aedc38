/** Random answers from two tabs, with restarts in between: the first answer to each call counts, whatever comes after it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { foldMessage } from "../../../../shared/message-fold.ts";
import { callIdOf, chainParts } from "../../../../shared/open-calls.ts";
import type { CallAnswer } from "../../../../shared/protocol/answers.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Tab } from "../../../support/core/room-harness.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const calls = ["c0", "c1", "c2"];

/** A call, the value of its answer, and who gives it; or a restart. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ call: fc.constantFrom(...calls), value: fc.nat(1), tab: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
);

const shown = (tab: Tab) => {
  tab.read();
  return foldMessage(chainParts(tab.view.turns)).parts.filter(({ type }) => type.startsWith("tool-"));
};

test("[T8] each call has its first answer, both tabs show it, and the upstream is called after the last", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const room = await buildRoom();
      const tabs = [await room.join(), await room.join()];
      tabs[0]?.submit("go", { turnId: "root" });
      await settled();
      for (const toolCallId of calls) {
        room.upstream.call.part({ type: "tool-input-available", toolCallId, toolName: "ask", input: {} });
      }
      room.upstream.call.done();
      await settled();
      const first = new Map<string, number>();
      for (const [at, taken] of steps.entries()) {
        if (taken === "restart") {
          await room.evict(tabs);
          await settled();
          continue;
        }
        const { call, value } = taken;
        const tab = tabs[taken.tab] as Tab;
        const answer: CallAnswer = { type: "tool-output", toolCallId: call, output: value };
        tab.say({ type: "turn-submit", turnId: `a${at}`, input: { answers: [answer] }, continues: "root" });
        await settled();
        const expected = first.get(call);
        const refusal = tab.received("error").find(({ turnId }) => turnId === `a${at}`)?.code;
        expect(refusal).toBe(
          expected === undefined ? undefined : expected === value ? "already-answered" : "turn-conflict",
        );
        first.set(call, expected ?? value);
        // The second call is the one that continues, after the last answer.
        expect(room.upstream.calls.length).toBe(first.size === calls.length ? 2 : 1);
      }
      const outputs = calls.map((call) => first.get(call));
      for (const tab of tabs) {
        expect(shown(tab).map((part) => part["output" as keyof typeof part])).toEqual(outputs);
        expect(tab.gaps).toBe(0);
      }
      if (first.size < calls.length) return;
      const { messages, answers = [] } = room.upstream.call.request;
      expect(new Set(answers.map((answer) => callIdOf(answer as CallAnswer)))).toEqual(new Set(calls));
      const told = (messages.at(-1)?.parts ?? []).filter(({ type }) => type.startsWith("tool-"));
      expect(told.map((part) => part["output" as keyof typeof part])).toEqual(outputs);
    }),
    { numRuns: propertyRuns(60) },
  );
});
