/** TanStack AI's connection to the gateway (docs/other-clients.md). */
// #region connection
import { fetchServerSentEvents } from "@tanstack/ai-client";

/** For `useChat({ connection, threadId: room })`. */
export function connectionTo(gateway: string, token: string) {
  return fetchServerSentEvents(`${gateway}/ag-ui`, { headers: { authorization: `Bearer ${token}` } });
}
// #endregion
