/**
 * Where the gateway is, and over what the app talks to it: `?gateway=http://127.0.0.1:8787&over=http`. A token, if one is
 * needed, comes from the app's own server; here the tab keeps it.
 */
import { DefaultChatTransport } from "ai";

const query = new URLSearchParams(location.search);
export const gateway = query.get("gateway") ?? "http://127.0.0.1:8787";
export const chatId = query.get("chat") ?? "lobby";

export const token = () => sessionStorage.getItem("token") ?? undefined;
export const headers = (): Record<string, string> => {
  const known = token();
  return known === undefined ? {} : { authorization: `Bearer ${known}` };
};

/** Over HTTP: the SDK's own transport, at another address. */
export const overHttp = () => new DefaultChatTransport({ api: `${gateway}/api/chat`, headers });

/** `websocket` stands for `useRoomChat`, `transport` for the room's transport with the SDK's own hook. */
export const over = query.get("over") ?? "websocket";
