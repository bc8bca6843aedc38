/**
 * What a room answers over HTTP, inside the object: the Worker has checked the request. The same on both hosts.
 */
import { maxPageTurns, turnIdPattern } from "../../shared/protocol/limits.ts";
import type { Result } from "../../shared/result.ts";
import type { Principal, Refusal } from "../core/principal.ts";
import type { RoomCore } from "../core/room-core.ts";
import { reportFault } from "../telemetry.ts";
import { problem, refused } from "./problem.ts";

/**
 * Never rejects.
 * @param core undefined where the room could not start: it may the next time.
 * @param asker who asks, or why they may not; an operator's request is judged before it comes here.
 */
export async function answerInRoom(
  request: Request,
  core: RoomCore | undefined,
  asker: Result<Principal, Refusal>,
): Promise<Response> {
  try {
    if (core === undefined) return problem("internal", { retryAfterMs: 1_000 });
    const { pathname, searchParams } = new URL(request.url);
    const path = /^\/parties\/chat\/[^/]+(\/.*)?$/.exec(pathname)?.[1] ?? "";
    const operation = `${request.method} ${path}`;
    if (operation === "POST /drain") {
      core.drain();
      return new Response(null, { status: 202 });
    }
    if (!asker.ok) return refused(asker.error);
    const principal = asker.value;
    switch (operation) {
      case "GET /turns":
        return await olderTurns(core, principal, searchParams);
      case "DELETE ":
        return await erase(core, principal);
      default:
        return problem("not-found");
    }
  } catch (error) {
    // Thrown on, the host would show the browser a stack.
    reportFault("in-room", error);
    return problem("internal", { retryAfterMs: 1_000 });
  }
}

async function erase(core: RoomCore, principal: Principal): Promise<Response> {
  const erased = await core.visitors.erase(principal);
  return erased.ok ? new Response(null, { status: 204 }) : refused(erased.error);
}

async function olderTurns(core: RoomCore, principal: Principal, query: URLSearchParams): Promise<Response> {
  const before = query.get("before") ?? undefined;
  if (before !== undefined && !turnIdPattern.test(before)) return problem("turn-unknown");
  const limit = Math.min(maxPageTurns, Math.max(1, Number(query.get("limit") ?? 20) || 1));
  const older = await core.visitors.older(principal, before, limit);
  return older.ok ? Response.json(older.value, { headers: { "cache-control": "no-store" } }) : refused(older.error);
}
