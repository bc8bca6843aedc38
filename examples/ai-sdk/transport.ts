/**
 * The one line in which an app with `useChat` differs when it talks to the gateway. Where is the gateway, and over what:
 * `?gateway=http://127.0.0.1:8787&over=http`. A token, if one is needed, is the app's own business; here the tab keeps it.
 */
import { DefaultChatTransport } from "ai";
import { RoomChatTransport } from "edge-chat-gateway/client/ai-sdk";

const query = new URLSearchParams(location.search);
export const gateway = query.get("gateway") ?? "http://127.0.0.1:8787";
export const chatId = query.get("chat") ?? "lobby";

const token = () => sessionStorage.getItem("token") ?? undefined;
export const headers = (): Record<string, string> => {
  const known = token();
  return known === undefined ? {} : { authorization: `Bearer ${known}` };
};

/** Over HTTP: the SDK's own transport, at another address. */
export const overHttp = () => new DefaultChatTransport({ api: `${gateway}/api/chat`, headers });

/** Over WebSocket: another transport. */
export const overWebSocket = () => new RoomChatTransport({ url: gateway, token });

export const over = query.get("over") === "http" ? "http" : "websocket";
