/** Checks the tables of docs/first-deploy.md, in both editions, against the calculator, and the calculator against itself. */
import { describe, expect, test } from "vitest";
import { conversation, conversationTable, useOf } from "../../bench/lib/report/conversation.ts";
import { billOf, billTable, freePlan, freePlanTable, monthlyDollars } from "../../bench/lib/report/deployment-cost.ts";
import { read } from "./page.ts";

const sizes = [100, 10_000, 1_000_000];

describe.each(["docs/first-deploy.md", "docs/first-deploy.zh-CN.md"])("%s", (path) => {
  test("shows the bill that the calculator makes", () => {
    expect(read(path)).toContain(billTable(sizes).join("\n"));
  });

  test("shows the users that the Free plan carries", () => {
    expect(read(path)).toContain(freePlanTable().join("\n"));
  });
});

test("a bill grows with users by less than in proportion, because the plan includes a part", () => {
  expect(monthlyDollars(1)).toBe(5);
  expect(monthlyDollars(20_000)).toBeGreaterThan(2 * monthlyDollars(10_000) - 5);
});

test("beyond what the plan includes, a user costs what docs/scale.md says of a conversation", () => {
  const core = new Set(["requests to the Worker", "CPU of the Worker, ms", "requests to objects"]);
  for (const name of ["duration of objects, GB-s", "rows written"]) core.add(name);
  const of = (users: number) =>
    billOf(users)
      .filter(({ name }) => core.has(name))
      .reduce((sum, { dollars }) => sum + dollars, 0);
  const thousandConversations = ((of(20e6) - of(10e6)) / (10e6 * 30)) * 1_000;
  expect(conversationTable().join("\n")).toContain(`| WebSocket | $${thousandConversations.toFixed(2)} |`);
});

test("the Free plan's tightest limit is the rows that a conversation writes", () => {
  const [first] = freePlan();
  expect(first).toEqual({ name: "rows written", users: Math.floor(100_000 / (useOf("WebSocket").rowsWritten ?? 0)) });
});

test("longer answers cost more", () => {
  expect(monthlyDollars(1_000_000, { ...conversation, tokensPerAnswer: 1_000 })).toBeGreaterThan(
    monthlyDollars(1_000_000),
  );
});
