/** A model for the guide's controller: it counts, until it is told to stop. */
import { setTimeout as wait } from "node:timers/promises";

type Messages = readonly { readonly role: string; readonly content: string }[];

/** Says the last message's words, one by one; of "endless" it says one after the other for good. */
export async function* myModel(messages: Messages, signal: AbortSignal): AsyncGenerator<string> {
  const prompt = messages.at(-1)?.content ?? "";
  if (prompt === "endless") {
    for (let n = 0; !signal.aborted; n += 1) {
      yield `${n} `;
      await wait(5, undefined, { signal }).catch(() => {});
    }
    return;
  }
  for (const word of prompt.split(" ")) yield `${word} `;
}
