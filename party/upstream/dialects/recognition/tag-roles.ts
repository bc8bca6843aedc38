/**
 * Decides what an event is for from its tag: the words of its `type`, its SSE name, or a key. `text_delta`, `textDelta` and
 * `TEXT-DELTA` are the same words. Each tag is classified once per isolate, so that a token costs one lookup.
 */

/**
 * `part-end`: a piece is over (a text block, a step), the answer is not. `soft-end`: a message is over, and the stream may go
 * on with what isn't the answer. `unknown`: none of the words says what it is for.
 */
export type Role =
  | "text"
  | "reasoning"
  | "tool"
  | "end"
  | "soft-end"
  | "part-end"
  | "failure"
  | "keep-alive"
  | "other"
  | "unknown";

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

const failureWords = words(
  "error errors err failed failure fail exception fatal abort aborted cancelled canceled timeout blocked rejected",
);
const keepAliveWords = words("ping pong heartbeat heartbeats keepalive hb noop");
const reasoningWords = words("reasoning thinking thought thoughts think reflection cot reasoner");
const toolWords = words("tool tools function functions func mcp toolcall toolcalls plugin plugins");
const endWords = words(
  "done end ended complete completed finish finished finalize final close closed stop stopped eos eof over terminated last",
);
/** A piece of an answer, or of the work behind it: its end isn't the end of the answer. */
const pieceWords = words(
  "text content block part item step node chain model retriever segment sentence paragraph llm parser iteration loop branch prompt",
);
const messageWords = words("message answer response output workflow tts agent completion");
const otherWords = words(
  [
    "start started begin began created create open opened connected ready init initialized session meta metadata system",
    "status state states progress info log logs source sources citation citations reference references usage title",
    "suggestion suggestions suggest follow followup followups question questions choices document documents doc docs image",
    "images audio file files video context retrieval retrieve search query prompt input user human request transcription",
    "transcript plan planning step node workflow chain run debug trace warning notice notification id ids queue queued",
    "waiting balance cost billing memory intent route router rerank embedding feedback related recommend tts action actions",
    "card cards chart table parser retriever snapshot replace quota type count index time timestamp name names language",
    "recommendation recommendations example examples hint hints tip tips faq link links product products option options button",
    "buttons keyword keywords tag tags entity entities emotion mood summary score evaluation analysis translation knowledge",
    "moderation format mime url uri role version hash searching retrieving analyzing analysing loading preparing routing",
    "reading working processing waiting typing pipeline logs",
  ].join(" "),
);
const textWords = words(
  [
    "delta token tokens text txt content contents chunk chunks message messages msg answer answers response responses reply",
    "replies data stream streaming output outputs partial completion completions cmpl word words char chars character assistant",
    "ai bot llm generation generated generate value append add fragment segment sentence result speech say writing markdown",
    "normal chat artifact item items piece pieces part parts msg msgs increment incremental body payload",
  ].join(" "),
);

/** Kinds that say nothing although their words do. LangFlow's `add_message` is a stored message, also the user's own. */
const exact: ReadonlyMap<string, Role> = new Map([
  ["add_message", "other"],
  ["messages/metadata", "other"],
  ["messages/complete", "part-end"],
  // The thoughts of a Dify agent repeat its answer; what is new in them is the tool.
  ["agent_thought", "tool"],
  // The first piece of a part comes with its start.
  ["part_start", "text"],
  // Agno's pieces of text.
  ["runcontent", "text"],
  ["keep-alive", "keep-alive"],
  ["keep_alive", "keep-alive"],
]);

const known = new Map<string, Role>();
/** A backend may make up tags without end, such as an id in each. */
const maxKnown = 512;

export function roleOf(tag: string): Role {
  const role = known.get(tag);
  if (role !== undefined) return role;
  const found = classify(tag);
  if (known.size >= maxKnown) known.clear();
  known.set(tag, found);
  return found;
}

function classify(tag: string): Role {
  if (tag.length > 80) return "unknown";
  const fixed = exact.get(tag.toLowerCase());
  if (fixed !== undefined) return fixed;
  const said = wordsOf(tag);
  const has = (set: ReadonlySet<string>) => said.some((word) => set.has(word));
  if (has(failureWords)) return "failure";
  if (has(keepAliveWords)) return "keep-alive";
  if (has(toolWords)) return "tool";
  if (has(endWords)) {
    if (has(pieceWords) || has(reasoningWords)) return "part-end";
    return has(messageWords) ? "soft-end" : "end";
  }
  if (has(otherWords)) return "other";
  if (has(reasoningWords)) return "reasoning";
  return has(textWords) ? "text" : "unknown";
}

export function wordsOf(tag: string): string[] {
  return tag
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
