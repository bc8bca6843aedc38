/** What the doctor prints of a backend's stream: the settings to copy, what works, and the line to change for what doesn't. */
import type { Diagnosis } from "./recognize-backend.ts";

interface Row {
  readonly feature: string;
  readonly works: "yes" | "no" | "not seen";
  /** What it means, or what to change in the backend. */
  readonly note: string;
}

/** Formats that need no end event. In every other one a stream that closes early is known to be cut off. */
const mayEndByClosing: ReadonlySet<string> = new Set(["tagged", "text", "data-stream"]);

/** Lines of text. */
export function reportOf(diagnosis: Diagnosis): string[] {
  const { recognized, settings } = diagnosis;
  const rows = rowsOf(diagnosis);
  const width = Math.max(...rows.map(({ feature }) => feature.length));
  const headline =
    recognized.text === ""
      ? `Nothing was read as the answer: ${recognized.failure ?? "the stream closed without text"}`
      : `Recognized: ${recognized.dialect ?? "by the mapping below"}, ${recognized.text.length} characters of text`;
  return [
    headline,
    "",
    "Settings to copy:",
    ...settings.map(([name, value]) => `  ${name}=${value}`),
    "",
    ...rows.map(({ feature, works, note }) => `${works.padEnd(8)}  ${feature.padEnd(width)}  ${note}`.trimEnd()),
  ];
}

const yes = (feature: string, note = ""): Row => ({ feature, works: "yes", note });
const no = (feature: string, note: string): Row => ({ feature, works: "no", note });

/** Whether the model is told of earlier turns, and by whom. */
function historyRow(isPost: boolean, adapter: string, settings: Diagnosis["settings"]): Row {
  const written = settings.filter(([name]) => /^UPSTREAM_(?:BODY|QUERY|PATH)$/.test(name)).map(([, value]) => value);
  const sends = (placeholder: string) => written.some((value) => value.includes(placeholder));
  if (sends("{messages}")) return yes("history", "{messages} sends the conversation with each question.");
  if (sends("{conversation}"))
    return settings.some(([name]) => name === "UPSTREAM_CONVERSATION_PATH")
      ? yes("history", "Your service keeps it under its own id, which is sent back as {conversation}.")
      : no("history", "{conversation} is sent, but no event named it: set UPSTREAM_CONVERSATION_PATH.");
  if (sends("{room}")) return yes("history", "Your service keeps it by {room}.");
  if (isPost && adapter !== "template")
    return yes("history", `UPSTREAM_ADAPTER=${adapter} sends the conversation with each question.`);
  if (isPost) return no("history", 'Add "{messages}" to the body, or keep the conversation by {room}.');
  return no(
    "history",
    "A GET carries the newest question only. Serve a POST that takes {messages}, or keep the conversation by {room}.",
  );
}

function stopRow(isContract: boolean, settings: Diagnosis["settings"]): Row {
  const path = settings.find(([name]) => name === "UPSTREAM_STOP_PATH")?.[1];
  const route = path ?? (isContract ? "/model/chat/{generation}" : undefined);
  if (route === undefined)
    return no("stop", "A stop closes the connection: end the model's call when it does, or set UPSTREAM_STOP_PATH.");
  const note = `Serve ${path === undefined ? "DELETE " : ""}${route}. Until then a stop closes the connection: end the model's call when it does.`;
  return { feature: "stop", works: "not seen", note };
}

function rowsOf({ recorded, recognized, settings }: Diagnosis): Row[] {
  const has = (type: string) => recognized.parts.some((part) => part.type.startsWith(type));
  const adapter = settings.find(([name]) => name === "UPSTREAM_ADAPTER")?.[1] ?? "contract";
  const isPost = recorded.method === "POST";
  const streams = recorded.chunks.length > 2 && recorded.streamedMs > 5;
  const seen = (feature: string, isSeen: boolean, note: string): Row =>
    isSeen ? yes(feature) : { feature, works: "not seen", note };
  return [
    recognized.text === ""
      ? no("text", 'Send {"type": "delta", "data": "…"}, or set UPSTREAM_TEXT_PATH to where the text is.')
      : yes("text"),
    streams
      ? yes("streaming")
      : no("streaming", "It came at once. Send each token as it comes, X-Accel-Buffering: no, and no compression."),
    seen("reasoning", has("reasoning-"), 'Shown where it is sent as {"type": "reasoning", "data": "…"}.'),
    seen("tools", has("tool-"), 'Shown where they are sent as {"type": "tool_call", "id", "name", "args"}.'),
    recognized.saysEnd || !mayEndByClosing.has(recognized.dialect ?? "tagged")
      ? yes("end")
      : no("end", 'An answer that is cut off looks whole. Send {"type": "complete"} as the last event.'),
    recognized.dialect === "text"
      ? no(
          "failure",
          'A failure that is written as text is shown as an answer. Send it as "event: error", or set UPSTREAM_FAILURE_MARKS to how it begins.',
        )
      : yes("failure", 'Told from an answer where it is sent as {"type": "error"}, "event: error" or {"error": …}.'),
    ...(settings.some(([name]) => name === "ALLOW_HTTP")
      ? [
          no(
            "encryption",
            "Anybody on the way can read and change questions and answers. Serve https, or keep ALLOW_HTTP=yes on a private network.",
          ),
        ]
      : []),
    historyRow(isPost, adapter, settings),
    stopRow(isPost && adapter === "contract", settings),
    recognized.isResumable
      ? yes("resume")
      : no(
          "resume",
          'Begin with {"type": "start", "resumable": true}, number the events with id:, and continue after Last-Event-ID.',
        ),
  ];
}
