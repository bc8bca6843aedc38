/** A chat in React, as small as it gets. */
// #region view
import { textOf } from "edge-chat-gateway/client";
import { useChatRoom } from "edge-chat-gateway/react";

export function Chat() {
  const { connection, turns, submit, cancel } = useChatRoom({ url: "http://127.0.0.1:8787", room: "lobby" });
  return (
    <>
      <p>{connection.state}</p>
      {turns.map((turn) => (
        <article key={turn.id}>
          {textOf(turn.parts)}
          {turn.state !== "settled" && (
            <button type="button" onClick={() => cancel(turn.id)}>
              Stop
            </button>
          )}
        </article>
      ))}
      <button type="button" onClick={() => submit("What happens when I stop an answer?")}>
        Ask
      </button>
    </>
  );
}
// #endregion
