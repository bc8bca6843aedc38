/** [A1] When the platform's alarm is set. */
import { expect, test } from "vitest";
import { Agenda } from "../../../../party/core/log/agenda.ts";

test("[A1] the alarm moves only to an earlier time, and is set again once it rang", () => {
  const agenda = new Agenda();
  agenda.set("watchdog", 100);
  expect(agenda.rearm()).toBe(100);
  expect(agenda.rearm()).toBeUndefined();
  agenda.set("orphan", 100);
  expect(agenda.rearm()).toBeUndefined();
  agenda.set("wait/t", 50);
  expect(agenda.rearm()).toBe(50);
  agenda.clear("wait/t");
  expect(agenda.rearm()).toBeUndefined();
  agenda.fired();
  expect(agenda.due(100)).toEqual(["watchdog", "orphan"]);
  expect(agenda.rearm()).toBe(100);
});

test("[A1] an alarm that is set early enough when the room starts is left alone, and a lost one is set", () => {
  const entries = { watchdog: 100 };
  const [early, lost] = [new Agenda(), new Agenda()];
  early.load(entries, 60);
  lost.load(entries, undefined);
  expect([early.rearm(), lost.rearm()]).toEqual([undefined, 100]);
});
