"use client";

import { use } from "react";
import { ChatRoom } from "../../../../chat-room.tsx";

/** A token of your own server's, asked for before each connection and each request. */
async function token(): Promise<string> {
  const response = await fetch("/api/token", { method: "POST" });
  if (!response.ok) throw new Error("not signed in");
  return response.text();
}

export default function Page({ params }: { params: Promise<{ room: string }> }) {
  const { room } = use(params);
  return <ChatRoom url="https://chat.example.com" room={room} token={token} />;
}
