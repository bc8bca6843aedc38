/**
 * What a deployment costs in a month, and how many daily users the Free plan carries: for docs/first-deploy.md, which
 * tests/docs/first-deploy.test.ts holds, and for `npm run cost`. It knows Cloudflare's bill only, not the backend's or the model's.
 * Prices and included amounts as read on 30 November 2026, at the pages that the fields name.
 */
import { type Conversation, conversation, useOf } from "./conversation.ts";
import { listPrices, objectGigabytes } from "./cost.ts";
import { table } from "./table.ts";

/** One kind of usage: what Paid includes in a month and what more costs, and what Free allows in a day. */
interface Meter {
  readonly name: string;
  /** Of one user on one day. */
  readonly use: number;
  /** In a month of the Paid plan. */
  readonly included: number;
  /** US dollars for one more. */
  readonly price: number;
  /** In a day of the Free plan; of stored data, in all. `undefined` where Free has no limit of its own. */
  readonly free: number | undefined;
}

export const planDollars = 5;
const daysOfMonth = 30;
const megabyte = 1e-3;

/** Estimates for one turn, on the high side: JSON lines with the platform's own line for each invocation, and points of Analytics Engine. */
const logGigabytesOfTurn = 10e-6;
const pointsOfTurn = 1.25;
/** A stored room: an empty database has about 12 KB, and a turn of this size about 3.5 KB. */
const roomGigabytes = (turns: number) => 12e-6 + turns * 3.5e-6;
/** `ROOM_TTL_DAYS` and `KEEP_TURNS` bound what a room keeps; each user begins a conversation a day. */
const keptDays = 30;

function meters(shape: Conversation): Meter[] {
  const use = useOf("WebSocket", shape);
  const requests = (use.objectRequests ?? 0) + (use.incomingMessages ?? 0) / 20;
  return [
    // https://developers.cloudflare.com/workers/platform/pricing/
    {
      name: "requests to the Worker",
      use: use.workerRequests ?? 0,
      included: 10e6,
      price: listPrices.workerRequest,
      free: 100_000,
    },
    {
      name: "CPU of the Worker, ms",
      use: use.workerCpuMs ?? 0,
      included: 30e6,
      price: listPrices.workerCpuMs,
      free: undefined,
    },
    // https://developers.cloudflare.com/durable-objects/platform/pricing/
    { name: "requests to objects", use: requests, included: 1e6, price: listPrices.objectRequest, free: 100_000 },
    {
      name: "duration of objects, GB-s",
      use: (use.awakeSeconds ?? 0) * objectGigabytes,
      included: 400_000,
      price: listPrices.gigabyteSecond,
      free: 13_000,
    },
    { name: "rows written", use: use.rowsWritten ?? 0, included: 50e6, price: listPrices.rowWritten, free: 100_000 },
    {
      name: "stored data, GB-months",
      // In a month as many GB-months as are stored at a time, so the day's share is a thirtieth of that.
      use: (roomGigabytes(shape.turns) * keptDays) / daysOfMonth,
      included: 5,
      price: 0.2,
      free: 5 / keptDays,
    },
    // https://developers.cloudflare.com/kv/platform/pricing/: a room reads its tenant's entry at most once a minute.
    { name: "reads of KV", use: shape.turns, included: 10e6, price: 0.5e-6, free: 100_000 },
    // https://developers.cloudflare.com/observability/pricing/, from 1 December 2026.
    { name: "logs, GB", use: shape.turns * logGigabytesOfTurn, included: 50, price: 0.25, free: 500 * megabyte },
    // https://developers.cloudflare.com/analytics/analytics-engine/pricing/
    {
      name: "points of Analytics Engine",
      use: shape.turns * pointsOfTurn,
      included: 10e6,
      price: 0.25e-6,
      free: 100_000,
    },
  ];
}

export interface BillLine {
  readonly name: string;
  readonly used: number;
  readonly dollars: number;
}

/** A month of the Paid plan, line by line; its base price is not among them. */
export function billOf(dailyUsers: number, shape: Conversation = conversation): BillLine[] {
  return meters(shape).map(({ name, use, included, price }) => {
    const used = dailyUsers * use * daysOfMonth;
    return { name, used, dollars: Math.max(0, used - included) * price };
  });
}

export function monthlyDollars(dailyUsers: number, shape: Conversation = conversation): number {
  return planDollars + billOf(dailyUsers, shape).reduce((sum, { dollars }) => sum + dollars, 0);
}

/** How many daily users each limit of the Free plan carries, the tightest first. */
export function freePlan(shape: Conversation = conversation): { readonly name: string; readonly users: number }[] {
  return meters(shape)
    .flatMap(({ name, use, free }) =>
      free === undefined || use === 0 ? [] : [{ name, users: Math.floor(free / use) }],
    )
    .sort((one, other) => one.users - other.users);
}

const count = (value: number) => value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
const dollars = (value: number) =>
  `$${value.toLocaleString("en", value < 100 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 0 })}`;

export function billTable(users: readonly number[], shape: Conversation = conversation): string[] {
  const bills = users.map((dailyUsers) => billOf(dailyUsers, shape));
  return table(
    ["US dollars a month", ...users.map((dailyUsers) => `${count(dailyUsers)} daily users`)],
    [
      ["Workers Paid", ...users.map(() => dollars(planDollars))],
      ...(bills[0] ?? []).map(({ name }, row) => [name, ...bills.map((bill) => dollars(bill[row]?.dollars ?? 0))]),
      ["**all**", ...users.map((dailyUsers) => `**${dollars(monthlyDollars(dailyUsers, shape))}**`)],
    ],
  );
}

export function freePlanTable(shape: Conversation = conversation): string[] {
  return table(
    ["limit of the Free plan", "daily users"],
    freePlan(shape).map(({ name, users }) => [name, count(users)]),
  );
}
