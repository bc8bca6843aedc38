// A chat by the wire alone: partysocket, and frames as docs/protocol.md describes them.
// #region partysocket
import { PartySocket } from "partysocket";

const socket = new PartySocket({
  host: "127.0.0.1:8787",
  party: "chat",
  room: "lobby",
  maxEnqueuedMessages: 0, // queued frames would leave before the hello
  shouldReconnectOnClose: ({ code }) => code < 4400 || code >= 4450, // 4400 to 4449 are final
});
const send = (frame) => socket.send(JSON.stringify(frame));
const textOf = (parts = []) => parts.map(({ type, delta }) => (type === "text-delta" ? delta : "")).join("");
const turnId = crypto.randomUUID();
const answers = new Map(); // the parts of each turn, by its id
let epoch;
let pings;

function finish(outcome) {
  console.log(textOf(answers.get(turnId)));
  console.log(outcome);
}

// Without `have`, the room answers each hello with everything it holds, so no text is missing after a reconnect.
socket.onopen = () => send({ type: "hello", version: 2 });
socket.onclose = () => clearInterval(pings);
socket.onmessage = ({ data }) => {
  if (data === "pong") return;
  const frame = JSON.parse(data);
  if (frame.type === "welcome") pings = setInterval(() => socket.send("ping"), frame.heartbeatMs);
  if (frame.type === "sync") {
    if (frame.mode === "snapshot") answers.clear();
    for (const turn of frame.turns) answers.set(turn.id, turn.parts);
    const turn = frame.turns.find(({ id }) => id === turnId);
    if (turn?.state === "settled") finish(turn.outcome);
    // Sent again after each reconnect until the room shows it: the same id and epoch start nothing twice.
    epoch ??= frame.epoch;
    if (!answers.has(turnId)) {
      send({ type: "turn-submit", turnId, epoch, input: { prompt: "How do I start the gateway?" } });
    }
  }
  if (frame.type === "turn-delta") answers.set(frame.turnId, [...(answers.get(frame.turnId) ?? []), ...frame.parts]);
  if (frame.type === "turn-end" && frame.turnId === turnId) finish(frame.outcome);
  if (frame.type === "error") console.error(frame.message);
  if (frame.type === "goaway") setTimeout(() => socket.reconnect(), frame.reconnectInMs);
};
// #endregion
