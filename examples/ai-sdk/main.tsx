/**
 * The ways to put the chat on the gateway: over HTTP with the SDK's own transport, over WebSocket with `useRoomChat`, or with
 * the room's transport alone.
 */
import { Chat as SdkChat, useChat } from "@ai-sdk/react";
import type { UIMessage } from "ai";
import { RoomChatTransport } from "edge-chat-gateway/ai-sdk";
import { useRoomChat } from "edge-chat-gateway/ai-sdk-react";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Chat, isAnswered } from "./chat.tsx";
import { chatId, gateway, headers, over, overHttp, token } from "./transport.ts";

/** Outputs of the page's tools and decisions about approvals are sent as soon as all are there. */
const answers = { sendAutomaticallyWhen: isAnswered };

const makeChat = (messages: UIMessage[]) => new SdkChat({ id: chatId, messages, transport: overHttp(), ...answers });

/**
 * The earlier messages come from the gateway. The chat is made outside of `useChat`, which would stop the answer when its
 * component is unmounted (`ai` 7). After a cut connection a new chat resumes the answer: the old one would add it to what it
 * shows already (`ai` 5, and `useChat` of `ai` 6).
 */
function HttpChat({ messages }: { readonly messages: UIMessage[] }) {
  const [sdkChat, setSdkChat] = useState(() => makeChat(messages));
  const chat = useChat({ chat: sdkChat, resume: true });
  const resume = async () => setSdkChat(makeChat(await messagesBefore()));
  return <Chat chat={chat} onResume={() => void resume()} />;
}

/** One line: earlier messages, other tabs' questions and an open answer all show. */
function RoomChat() {
  const chat = useRoomChat({ id: chatId, url: gateway, token, ...answers });
  return <Chat chat={chat} />;
}

const roomTransport = new RoomChatTransport({ url: gateway, token });

/** The SDK's own hook with the room's transport. One effect brings earlier messages and what others ask. */
function TransportChat() {
  const chat = useChat({ id: chatId, transport: roomTransport, ...answers });
  const { setMessages, resumeStream } = chat;
  useEffect(
    () =>
      roomTransport.follow(chatId, ({ messages: shown, isAnswering }) => {
        setMessages(shown);
        if (isAnswering) void resumeStream();
      }),
    [setMessages, resumeStream],
  );
  return <Chat chat={chat} />;
}

async function messagesBefore(): Promise<UIMessage[]> {
  const response = await fetch(`${gateway}/api/chat/${chatId}/messages`, { headers: headers() });
  // Whoever may not read finds out when they ask.
  return response.ok ? ((await response.json()) as UIMessage[]) : [];
}

const messages = over === "http" ? await messagesBefore() : [];

function ChatOver() {
  switch (over) {
    case "http":
      return <HttpChat messages={messages} />;
    case "transport":
      return <TransportChat />;
    default:
      return <RoomChat />;
  }
}

/** A place in the page that can be left, as one route is for another. */
function Page() {
  const [isHere, setIsHere] = useState(true);
  return (
    <>
      {isHere ? <ChatOver /> : null}
      <button type="button" onClick={() => setIsHere(!isHere)}>
        {isHere ? "Leave" : "Return"}
      </button>
    </>
  );
}

const page = document.querySelector("#app");
if (page === null) throw new Error("the page has no #app");
createRoot(page).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
