/**
 * What a room answers over HTTP, inside the object: the Worker has checked the request. The same on both hosts.
 */
import { maxPageTurns, turnIdPattern } from "../../shared/protocol/limits.ts";
import type { RoomCore } from "../core/room-core.ts";
import { reportFault } from "../telemetry.ts";
import { problem } from "./problem.ts";

/** @param core undefined where the room could not start: it may the next time. Never rejects. */
export async function answerInRoom(request: Request, core: RoomCore | undefined): Promise<Response> {
  try {
    if (core === undefined) return problem("internal", { retryAfterMs: 1_000 });
    const { pathname, searchParams } = new URL(request.url);
    const path = /^\/parties\/chat\/[^/]+(\/.*)?$/.exec(pathname)?.[1] ?? "";
    switch (`${request.method} ${path}`) {
      case "GET /turns":
        return await olderTurns(core, searchParams);
      case "DELETE ":
        await core.erase();
        return new Response(null, { status: 204 });
      case "POST /drain":
        core.drain();
        return new Response(null, { status: 202 });
      default:
        return problem("not-found");
    }
  } catch (error) {
    // Thrown on, the host would show the browser a stack.
    reportFault("in-room", error);
    return problem("internal", { retryAfterMs: 1_000 });
  }
}

async function olderTurns(core: RoomCore, query: URLSearchParams): Promise<Response> {
  const before = query.get("before") ?? undefined;
  if (before !== undefined && !turnIdPattern.test(before)) return problem("turn-unknown");
  const limit = Math.min(maxPageTurns, Math.max(1, Number(query.get("limit") ?? 20) || 1));
  const older = await core.older(before, limit);
  return older.ok ? Response.json(older.value, { headers: { "cache-control": "no-store" } }) : problem(older.error);
}
