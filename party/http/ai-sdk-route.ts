/**
 * The AI SDK's HTTP routes, with which `useChat` and its default transport work unchanged (docs/ai-sdk.md): a chat's id is
 * a room's name, and what is posted becomes a turn. The Worker's side: everything that can be refused is refused here,
 * before an object wakes (S2). Answers come from `ai-sdk-in-room.ts`.
 */
import type { GatewayConfig } from "../config/settings.ts";
import { problem, refuseMethod } from "../responses/refusal-response.ts";
import { readChatPost } from "../room-http/ai-sdk-body.ts";
import { aiSdkPath } from "../room-http/room-request.ts";
import { refuseRoom } from "./room-name.ts";
import { forwardAs, type RoomBindings, roomUrl } from "./room-route.ts";

/** `POST /api/chat`: submit, edit and regenerate. */
export async function routeChatPost(
  request: Request,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  const wrongMethod = refuseMethod(request, "POST");
  if (wrongMethod !== undefined) return wrongMethod;
  const post = await readChatPost(request, () => crypto.randomUUID().replaceAll("-", ""));
  if (!post.ok) return problem(post.error.code, { detail: post.error.detail });
  const { room, request: asked } = post.value;
  const wrong = refuseRoom(room, config);
  if (wrong !== undefined) return wrong;
  const headers = new Headers(request.headers);
  for (const name of ["content-length", "content-encoding", "transfer-encoding"]) headers.delete(name);
  const inside = new Request(request.url, {
    method: "POST",
    headers,
    body: JSON.stringify(asked),
    signal: request.signal,
  });
  return forwardAs(room, roomUrl(room, `/${aiSdkPath}`), inside, bindings, config);
}

/** `GET /api/chat/:id/stream`, `GET /api/chat/:id/messages` and `DELETE /api/chat/:id`. */
export async function routeChat(
  request: Request,
  { room, part }: { readonly room: string; readonly part: string | undefined },
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  if (part !== undefined && part !== "stream" && part !== "messages") return problem("not-found");
  const wrong = refuseRoom(room, config) ?? refuseMethod(request, part === undefined ? "DELETE" : "GET");
  if (wrong !== undefined) return wrong;
  const inside = roomUrl(room, part === undefined ? `/${aiSdkPath}` : `/${aiSdkPath}/${part}`);
  return forwardAs(room, inside, request, bindings, config);
}
