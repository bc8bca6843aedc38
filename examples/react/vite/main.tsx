import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ChatRoom } from "../chat-room";

const page = document.querySelector("#app");
if (page === null) throw new Error("index.html has no #app");
const room = new URLSearchParams(location.search).get("room") ?? "lobby";
createRoot(page).render(
  <StrictMode>
    <ChatRoom url="http://127.0.0.1:8787" room={room} />
  </StrictMode>,
);
