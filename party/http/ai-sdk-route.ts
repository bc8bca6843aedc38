/**
 * The Worker's side of the AI SDK's HTTP routes, with which `useChat` and its default transport work unchanged
 * (docs/ai-sdk.md): a chat's id is a room's name, and a posted message becomes a turn. A request that can be refused is
 * refused here, before an object wakes (S2). The room answers in `room-http/ai-sdk-handler.ts`.
 */

import { ok } from "../../shared/result.ts";
import { bearerOf } from "../auth/bearer.ts";
import type { GatewayConfig } from "../config/settings.ts";
import type { Principal } from "../core/principal.ts";
import { problem, refused, refuseMethod } from "../responses/refusal-response.ts";
import { readChatPost } from "../room-http/ai-sdk-body.ts";
import { aiSdkPath, framesParameter } from "../room-http/room-request.ts";
import { roomUrl } from "./inner-request.ts";
import { refuseRoom } from "./room-name.ts";
import { forwardAs, gateOf, type RoomBindings } from "./room-route.ts";

interface Door {
  readonly allow: "GET" | "POST" | "DELETE";
  /** What the room is asked. */
  readonly method: "GET" | "DELETE";
  readonly inside: "" | "/stream" | "/messages";
}

/** By the last part of the address; undefined: the chat itself. */
const doors = new Map<string | undefined, Door>([
  [undefined, { allow: "DELETE", method: "DELETE", inside: "" }],
  ["cancel", { allow: "POST", method: "DELETE", inside: "" }],
  ["stream", { allow: "GET", method: "GET", inside: "/stream" }],
  ["messages", { allow: "GET", method: "GET", inside: "/messages" }],
]);

/** How the chat socket's requests differ from those of a page. */
export interface ChatAsk {
  /** Who asks, where a ticket said so before. */
  readonly principal?: Principal | undefined;
  /** The answer is the room's frames, with `turnHeader`. */
  readonly frames?: boolean;
}

/** `POST /api/chat`: submit, edit and regenerate. */
export async function routeChatPost(
  request: Request,
  bindings: RoomBindings,
  config: GatewayConfig,
  { principal, frames = false }: ChatAsk = {},
): Promise<Response> {
  const wrongMethod = refuseMethod(request, "POST");
  if (wrongMethod !== undefined) return wrongMethod;
  // Before the body is read: a stranger's is not parsed.
  const caller = principal === undefined ? await gateOf(bindings, config).identify(bearerOf(request)) : ok(undefined);
  if (!caller.ok) return refused(caller.error);
  const post = await readChatPost(request, () => crypto.randomUUID().replaceAll("-", ""));
  if (!post.ok) return problem(post.error.code, { detail: post.error.detail });
  const { room, request: asked } = post.value;
  const wrong = refuseRoom(room, config);
  if (wrong !== undefined) return wrong;
  const inside = roomUrl(room, `/${aiSdkPath}`);
  if (frames) inside.searchParams.set(framesParameter, "1");
  const forwarded = {
    inside,
    request,
    method: "POST",
    body: JSON.stringify(asked),
    caller: caller.value,
    principal,
  };
  return forwardAs(room, forwarded, bindings, config);
}

/**
 * `GET /api/chat/:id/stream`, `GET /api/chat/:id/messages`, and `DELETE /api/chat/:id` or `POST /api/chat/:id/cancel`,
 * because some proxies refuse DELETE.
 */
export async function routeChat(
  request: Request,
  { room, part }: { readonly room: string; readonly part: string | undefined },
  bindings: RoomBindings,
  config: GatewayConfig,
  { principal, frames = false }: ChatAsk = {},
): Promise<Response> {
  const door = doors.get(part);
  if (door === undefined) return problem("not-found");
  const wrong = refuseRoom(room, config) ?? refuseMethod(request, door.allow);
  if (wrong !== undefined) return wrong;
  const inside = roomUrl(room, `/${aiSdkPath}${door.inside}`);
  if (frames) inside.searchParams.set(framesParameter, "1");
  return forwardAs(room, { inside, request, method: door.method, principal }, bindings, config);
}
