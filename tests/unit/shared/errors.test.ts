import { describe, expect, test } from "vitest";
import {
  ERRORS,
  type ErrorFacts,
  errorOfClose,
  GatewayError,
  isRetryableClose,
} from "../../../shared/protocol/errors.ts";

const table: readonly [string, ErrorFacts][] = Object.entries(ERRORS);
const closing = table.filter(([, facts]) => facts.close !== null) as [string, ErrorFacts & { close: number }][];

describe("the table of errors", () => {
  test.each(closing)(
    "%s closes with a code of ours, whose range says whether to come back",
    (code, { close, retryable }) => {
      expect(close >= 4400 && close <= 4499).toBe(true);
      expect(close >= 4450).toBe(retryable);
      expect(isRetryableClose(close)).toBe(retryable);
      expect(errorOfClose(close)).toBe(code);
    },
  );

  test("no two errors close with the same code", () => {
    expect(new Set(closing.map(([, { close }]) => close)).size).toBe(closing.length);
  });

  test.each(table)("%s has an HTTP status of an error", (_, { status }) => {
    expect(status >= 400 && status < 600).toBe(true);
  });

  test("codes are words with dashes: they are logged, counted and looked up", () => {
    for (const [code] of table) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  test("a page that does not know a terminal code still stops, and comes back after an unknown one that is not", () => {
    expect([4400, 4449].map(isRetryableClose)).toEqual([false, false]);
    expect([4450, 4499].map(isRetryableClose)).toEqual([true, true]);
  });

  test("closes that are not ours are network weather", () => {
    for (const code of [1000, 1001, 1006, 1011, 1012, 1013, 3000, 4000, 4399, 4500]) {
      expect(isRetryableClose(code)).toBe(true);
      expect(errorOfClose(code)).toBeUndefined();
    }
  });
});

describe("GatewayError", () => {
  test("its message starts with its code, and says no more than it was given", () => {
    expect(new GatewayError("queue-full").message).toBe("[queue-full]");
    expect(new GatewayError("queue-full", "16 wait").message).toBe("[queue-full] 16 wait");
  });

  test("keeps its cause for the log and its delay for the client", () => {
    const cause = new Error("socket hang up");
    const error = new GatewayError("upstream-unreachable", "no route", { cause, retryAfterMs: 500 });
    expect([error.cause, error.retryAfterMs, error.code, error.name]).toEqual([
      cause,
      500,
      "upstream-unreachable",
      "GatewayError",
    ]);
  });
});
