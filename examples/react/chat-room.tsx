"use client";

import { type TurnView, textOf } from "edge-chat-gateway/client";
import { promptOf } from "edge-chat-gateway/protocol";
import { type ChatRoomActions, transcriptOf, useChatRoom, useComposer } from "edge-chat-gateway/react";
import { memo, useState } from "react";

export interface ChatRoomProps {
  readonly room: string;
  /** Where the gateway is; the page's own origin where it is left out. */
  readonly url?: string;
  readonly token?: (room: string) => Promise<string>;
}

export function ChatRoom(props: ChatRoomProps) {
  const chat = useChatRoom(props);
  const { rows, pending, running } = transcriptOf(chat);
  const [text, setText] = useState("");
  const composer = useComposer({
    text,
    onText: setText,
    canSend: chat.connection.state !== "closed",
    onSend: (prompt) => {
      chat.submit(prompt);
      setText("");
    },
  });
  return (
    <main>
      <p role="status">{chat.connection.state}</p>
      {rows.map(({ turn, isNewest }) => (
        <Turn key={turn.id} turn={turn} isNewest={isNewest} actions={chat.actions} />
      ))}
      {pending.map(({ id, input, refused }) => (
        <p key={id}>
          {promptOf(input)} {refused === undefined ? "…" : refused.message}
        </p>
      ))}
      <form {...composer.formProps}>
        <textarea {...composer.inputProps} aria-label="Message" />
        <button type="submit" disabled={!composer.isReady}>
          Send
        </button>
        {running && (
          <button type="button" disabled={running.isStopping} onClick={() => chat.cancel(running.turn.id)}>
            Stop
          </button>
        )}
      </form>
    </main>
  );
}

interface TurnProps {
  readonly turn: TurnView;
  readonly isNewest: boolean;
  readonly actions: ChatRoomActions;
}

/** Renders again only when its turn changed: the other turns don't render while an answer streams. */
const Turn = memo(function Turn({ turn, isNewest, actions }: TurnProps) {
  return (
    <article>
      <h2>{promptOf(turn.input)}</h2>
      <p>{textOf(turn.parts)}</p>
      {turn.error && <p role="alert">{turn.error.message}</p>}
      {isNewest && turn.state === "settled" && (
        <button type="button" onClick={() => actions.regenerate(turn.id)}>
          Again
        </button>
      )}
    </article>
  );
});
