/** AG-UI's own client, and TanStack's, on the gateway (docs/other-clients.md). */
// #region agent
import { HttpAgent } from "@ag-ui/client";

/** The thread is the room: another client of the room sees what is asked here. */
export function agentOf(gateway: string, room: string, token: string): HttpAgent {
  return new HttpAgent({
    url: `${gateway}/ag-ui`,
    threadId: room,
    headers: { authorization: `Bearer ${token}` },
  });
}

export async function run(agent: HttpAgent, question: string): Promise<string> {
  agent.addMessage({ id: crypto.randomUUID(), role: "user", content: question });
  const { newMessages } = await agent.runAgent();
  const answer = newMessages.findLast(({ role }) => role === "assistant");
  return typeof answer?.content === "string" ? answer.content : "";
}
// #endregion
