/** The worker in which answers are parsed: one job in, one result out. An answer that cannot be parsed gets `undefined`. */
import { parseMarkdown } from "./parse-markdown.ts";
import type { ParsedMarkdown, ParseJob } from "./parsed-markdown.ts";

/** The part of a worker's global scope that is used here; the page is compiled for windows. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ParseJob>) => void) | null;
  postMessage(message: ParsedMarkdown | "ready" | undefined): void;
}
const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }) => {
  let parsed: ParsedMarkdown | undefined;
  try {
    parsed = parseMarkdown(data);
  } catch {
    parsed = undefined; // The parser ran out of stack. The page shows the text.
  }
  scope.postMessage(parsed);
};
scope.postMessage("ready");
