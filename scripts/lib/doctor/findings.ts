/** What a check finds out, and how it is told: what is wrong, and what to do about it. */

export type Finding =
  | { readonly kind: "ok"; readonly note?: string }
  /** Works, but not as well as it could. */
  | { readonly kind: "advice"; readonly problem: string; readonly fix: string }
  | { readonly kind: "wrong"; readonly problem: string; readonly fix: string }
  /** Could not be found out. */
  | { readonly kind: "skipped"; readonly why: string };

export interface Check {
  readonly name: string;
  /** Names of checks without which this one means nothing. */
  readonly needs?: readonly string[];
  run(): Promise<Finding>;
}

export interface Result {
  readonly name: string;
  readonly finding: Finding;
}

export const ok = (note?: string): Finding => (note === undefined ? { kind: "ok" } : { kind: "ok", note });
export const wrong = (problem: string, fix: string): Finding => ({ kind: "wrong", problem, fix });
export const advice = (problem: string, fix: string): Finding => ({ kind: "advice", problem, fix });

/** Without control characters: a server's words must not rewrite the screen of whoever runs the doctor. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu, "");

/** One check never takes longer: whatever hangs is a finding too. */
const checkTimeoutMs = 60_000;

/** One after the other, so that none disturbs another. Never rejects. */
export async function runChecks(checks: readonly Check[], onResult: (result: Result) => void): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, needs = [], run } of checks) {
    const missing = needs.find((needed) => results.some((result) => result.name === needed && !isPassed(result)));
    const finding: Finding =
      missing === undefined
        ? await inTime(run()).catch((error: unknown) =>
            wrong(`the check itself failed: ${messageOf(error)}`, "Is the address right, and reachable from here?"),
          )
        : { kind: "skipped", why: `needs "${missing}"` };
    const result = { name, finding };
    results.push(result);
    onResult(result);
  }
  return results;
}

function isPassed({ finding }: Result): boolean {
  return finding.kind === "ok" || finding.kind === "advice";
}

const marks = { ok: "ok     ", advice: "advice ", wrong: "WRONG  ", skipped: "skipped" } as const;

export function format({ name, finding }: Result): string {
  const head = `${marks[finding.kind]}  ${name}`;
  switch (finding.kind) {
    case "ok":
      return finding.note === undefined ? head : `${head}: ${finding.note}`;
    case "skipped":
      return `${head}: ${finding.why}`;
    case "advice":
    case "wrong":
      return `${head}: ${finding.problem}\n         → ${finding.fix}`;
  }
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // What `fetch` rejects with says nothing; its cause does.
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}

async function inTime(finding: Promise<Finding>): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    const finding = wrong(`no end after ${checkTimeoutMs / 1_000} s`, "Something accepts and never answers.");
    timer = setTimeout(() => resolve(finding), checkTimeoutMs);
  });
  try {
    return await Promise.race([finding, late]);
  } finally {
    clearTimeout(timer);
  }
}
