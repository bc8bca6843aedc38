"use client";

import { use } from "react";
import { ChatRoom } from "../../../chat-room";

/** A token from your own server, requested before each connection and each request. */
async function token(room: string): Promise<string> {
  const response = await fetch("/api/token", { method: "POST", body: JSON.stringify({ room }) });
  if (!response.ok) throw new Error(await response.text());
  return response.text();
}

export function Room({ params }: { params: Promise<{ room: string }> }) {
  const { room } = use(params);
  return <ChatRoom url="https://chat.example.com" room={room} token={token} />;
}
