/** Runs a hook of the Worker's author within a bounded time. A failure is logged and never thrown. */
import { fail, ok, type Result } from "../../shared/result.ts";
import { systemClock } from "../platform/clock.ts";
import { withTimeout } from "../platform/with-timeout.ts";
import { reportHook } from "../telemetry/reporter.ts";

/** As long as a person waits before they try again. A hook is a database call or two. */
export const hookTimeoutMs = 5_000;

export type HookName = "authorize" | "beforeTurn" | "afterTurn" | "onEvent";

/** Fails where the hook throws, rejects, or takes longer than `hookTimeoutMs`. The hook itself isn't stopped. */
export async function runHook<T>(name: HookName, run: () => T | Promise<T>): Promise<Result<T, "failed">> {
  try {
    return ok(await withTimeout((async () => run())(), hookTimeoutMs, systemClock));
  } catch (cause) {
    reportHook(name, cause);
    return fail("failed");
  }
}
