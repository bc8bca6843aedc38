/** OpenAI's own client on the gateway (docs/other-clients.md). */
// #region client
import OpenAI from "openai";

/** @param token of your application's user; any text where the gateway needs none (`AUTH=none`). */
export function clientOf(gateway: string, token: string): OpenAI {
  return new OpenAI({ baseURL: `${gateway}/v1`, apiKey: token });
}
// #endregion

// #region ask
/** Streams an answer in a room that every other client of the room sees, too. */
export async function ask(client: OpenAI, room: string, question: string, show: (text: string) => void): Promise<void> {
  const stream = await client.chat.completions.create({
    model: "default",
    stream: true,
    messages: [{ role: "user", content: question }],
    metadata: { room },
  });
  for await (const chunk of stream) show(chunk.choices[0]?.delta.content ?? "");
}
// #endregion
