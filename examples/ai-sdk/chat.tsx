/** A chat as it is written with the AI SDK for any backend: nothing here knows of a gateway. */
import type { UseChatHelpers } from "@ai-sdk/react";
import { isToolUIPart, type UIMessage } from "ai";
import { type FormEvent, useState } from "react";

export interface ChatProps {
  readonly chat: UseChatHelpers<UIMessage>;
  /** For a transport that doesn't resume by itself. */
  readonly onResume?: () => void;
}

export function Chat({ chat, onResume }: ChatProps) {
  const { messages, status, error, sendMessage, regenerate, stop } = chat;
  const [editing, setEditing] = useState<string>();
  const [text, setText] = useState("");
  const isBusy = status === "submitted" || status === "streaming";

  const ask = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    void sendMessage({ text, ...(editing === undefined ? {} : { messageId: editing }) });
    setText("");
    setEditing(undefined);
  };
  const edit = (message: UIMessage) => {
    setEditing(message.id);
    setText(textOf(message));
  };
  return (
    <>
      <ol>
        {messages.map((message) => (
          <li key={message.id} data-role={message.role}>
            <p>{textOf(message)}</p>
            <Extras message={message} />
            <OpenCalls message={message} chat={chat} />
            {message.role === "user" ? (
              <button type="button" onClick={() => edit(message)}>
                Edit
              </button>
            ) : (
              <button type="button" disabled={isBusy} onClick={() => void regenerate({ messageId: message.id })}>
                Again
              </button>
            )}
          </li>
        ))}
      </ol>
      <p role="status">{status}</p>
      {error === undefined ? null : <p role="alert">{error.message}</p>}
      <form onSubmit={ask}>
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
        <button type="submit">Send</button>
        <button type="button" disabled={!isBusy} onClick={() => void stop()}>
          Stop
        </button>
        {onResume === undefined ? null : (
          <button type="button" disabled={isBusy} onClick={onResume}>
            Resume
          </button>
        )}
      </form>
    </>
  );
}

/** Sources as links, pictures, and each tool with its state. */
function Extras({ message }: { readonly message: UIMessage }) {
  return message.parts.map((part, index) => {
    const key = `${part.type}-${index}`;
    if (part.type === "source-url") {
      return (
        <a key={key} href={part.url} rel="noopener noreferrer nofollow" target="_blank">
          {part.title ?? part.url}
        </a>
      );
    }
    if (part.type === "file" && part.mediaType.startsWith("image/")) {
      return <img key={key} src={part.url} alt="" referrerPolicy="no-referrer" />;
    }
    if (isToolUIPart(part)) return <code key={key}>{`${part.type} ${part.state}`}</code>;
    if (part.type === "data-progress") return <code key={key}>{`${part.type} ${JSON.stringify(part.data)}`}</code>;
    return null;
  });
}

/** The calls of an answer that wait: for the page's own tool, and for a decision (since `ai` 6). */
function OpenCalls({ message, chat }: { readonly message: UIMessage; readonly chat: UseChatHelpers<UIMessage> }) {
  return message.parts.filter(isToolUIPart).map((part) => {
    const { toolCallId, state } = part;
    if (state === "input-available" && part.type === "tool-readTimeZone") {
      const output = { timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
      const share = () => void chat.addToolOutput({ tool: "readTimeZone", toolCallId, output });
      return (
        <button key={toolCallId} type="button" onClick={share}>
          Share time zone
        </button>
      );
    }
    if (state !== "approval-requested") return null;
    const decide = (approved: boolean) => void chat.addToolApprovalResponse({ id: part.approval.id, approved });
    return (
      <span key={toolCallId}>
        <button type="button" onClick={() => decide(true)}>
          Approve
        </button>
        <button type="button" onClick={() => decide(false)}>
          Deny
        </button>
      </span>
    );
  });
}

/** Whether every call of the newest step has its answer, as the helpers of `ai` say it. `ai` 5 has none for approvals. */
export function isAnswered({ messages }: { readonly messages: UIMessage[] }): boolean {
  const { role, parts = [] } = messages.at(-1) ?? {};
  const step = parts.slice(parts.findLastIndex(({ type }) => type === "step-start") + 1);
  const calls = step.filter(isToolUIPart).filter(({ providerExecuted }) => providerExecuted !== true);
  const answered = new Set<string>(["output-available", "output-error", "approval-responded"]);
  return role === "assistant" && calls.length > 0 && calls.every(({ state }) => answered.has(state));
}

function textOf(message: UIMessage): string {
  return message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
