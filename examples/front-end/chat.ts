/** A chat without a framework: asks, and prints the answer as it grows. */
// #region chat
import { ChatClient, textOf } from "edge-chat-gateway/client";

const chat = new ChatClient({ url: "http://127.0.0.1:8787", room: "lobby" });
chat.subscribe(() => {
  const { connection, turns } = chat.getSnapshot();
  console.log(
    connection.state,
    turns.map((turn) => textOf(turn.parts)),
  );
});
chat.submit("How do I start the gateway?"); // its id is for chat.cancel(id)
// #endregion
