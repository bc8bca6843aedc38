/** The two ways to put the chat on the gateway: over HTTP with the SDK's own transport, over WebSocket with the library's. */
import { useChat } from "@ai-sdk/react";
import type { UIMessage } from "ai";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.tsx";
import { chatId, gateway, headers, over, overHttp, overWebSocket } from "./transport.ts";

/** What was said before comes from the gateway, and an answer that is being given is resumed. */
function HttpChat({ messages }: { readonly messages: UIMessage[] }) {
  const [transport] = useState(overHttp);
  return <Chat chat={useChat({ id: chatId, messages, transport, resume: true })} />;
}

/** The same, and what other tabs ask shows here while it is asked. */
function WebSocketChat() {
  const [transport] = useState(overWebSocket);
  const chat = useChat({ id: chatId, transport });
  const { setMessages, resumeStream } = chat;
  useEffect(
    () =>
      transport.follow(chatId, ({ messages, isAnswering }) => {
        setMessages(messages);
        if (isAnswering) void resumeStream();
      }),
    [transport, setMessages, resumeStream],
  );
  return <Chat chat={chat} />;
}

async function messagesBefore(): Promise<UIMessage[]> {
  const response = await fetch(`${gateway}/api/chat/${chatId}/messages`, { headers: headers() });
  // Whoever may not read finds out when they ask.
  return response.ok ? ((await response.json()) as UIMessage[]) : [];
}

const page = document.querySelector("#app");
if (page === null) throw new Error("the page has no #app");
const app = over === "http" ? <HttpChat messages={await messagesBefore()} /> : <WebSocketChat />;
createRoot(page).render(<StrictMode>{app}</StrictMode>);
