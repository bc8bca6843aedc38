// A chat by the wire alone: partysocket, and frames as docs/protocol.md has them.
// #region partysocket
import { PartySocket } from "partysocket";

const socket = new PartySocket({
  host: "127.0.0.1:8787",
  party: "chat",
  room: "lobby",
  maxEnqueuedMessages: 0, // what is queued would leave before the hello
  shouldReconnectOnClose: ({ code }) => code < 4400 || code >= 4450, // 4400 to 4449 are final
});
const send = (frame) => socket.send(JSON.stringify(frame));
const turnId = crypto.randomUUID();
let pings;

socket.onopen = () => send({ type: "hello", version: 1 });
socket.onmessage = ({ data }) => {
  if (data === "pong") return;
  const frame = JSON.parse(data);
  if (frame.type === "welcome") {
    clearInterval(pings);
    pings = setInterval(() => socket.send("ping"), frame.heartbeatMs);
    // Said again after each reconnect: the same id starts nothing twice.
    send({ type: "turn-submit", turnId, input: { prompt: "How do I start the gateway?" } });
  }
  if (frame.type === "goaway") setTimeout(() => socket.reconnect(), frame.reconnectInMs);
  if (frame.type === "turn-delta") console.log(frame.offset, frame.parts);
  if (frame.type === "turn-end") console.log(frame.outcome);
};
// #endregion
