// A vitest reporter that leaves the run's counts in the file $TEST_COUNTS. What a person reads is the default reporter's.
import { writeFileSync } from "node:fs";
import type { Reporter } from "vitest/node";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export default class CountReporter implements Reporter {
  onTestRunEnd: NonNullable<Reporter["onTestRunEnd"]> = (files, unhandledErrors) => {
    const path = process.env["TEST_COUNTS"];
    if (path === undefined) return;
    // An error outside any test and a file that does not load count as a failed test each: nothing else would show them.
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const file of files) {
      if (file.errors().length > 0) counts.failed += 1;
      for (const test of file.children.allTests()) counts[test.result().state] += 1;
    }
    writeFileSync(path, JSON.stringify(counts));
  };
}
