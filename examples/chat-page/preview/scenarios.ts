/** Scripted snapshots of the states of the page, for the gallery, the screenshots and the tests. They aren't part of the build. */

import { type ChatSnapshot, CONTINUE_PROMPT, type ConnectionState, type PendingTurn } from "../../../client/index.ts";
import { EMPTY_VIEW, lengthOf, type Part, type TurnView } from "../../../shared/index.ts";
import type { PageContext } from "../rooms/page-context.ts";

export const previewContext: PageContext = {
  greeting: {
    en: "Ask me how this gateway works. I answer from its documentation.",
    "zh-CN": "欢迎询问本网关的工作方式，我会根据项目文档回答。",
  },
  suggestions: [
    { en: "How do I start the gateway?", "zh-CN": "如何启动网关？" },
    { en: "What happens when I stop an answer?", "zh-CN": "停止回答时会发生什么？" },
    { en: "How does a tab resume after losing the network?", "zh-CN": "断网之后如何恢复？" },
    { en: "Which errors can a client see?", "zh-CN": "客户端会看到哪些错误？" },
  ],
};

const online: ConnectionState = { state: "online", sessionId: "s1", transport: "websocket" };

function turn(id: string, prompt: string, answer: string | readonly Part[], more: Partial<TurnView> = {}): TurnView {
  const parts: readonly Part[] =
    typeof answer === "string" ? (answer === "" ? [] : [{ type: "text-delta", delta: answer }]) : answer;
  return { id, state: "settled", outcome: "completed", input: { prompt }, parts, length: lengthOf(parts), ...more };
}

interface Scripted {
  readonly turns?: readonly TurnView[];
  readonly connection?: ConnectionState;
  readonly viewers?: number;
  readonly pending?: readonly PendingTurn[];
  readonly rest?: Partial<ChatSnapshot>;
}

export function snapshotOf({
  turns = [],
  connection = online,
  viewers = 2,
  pending = [],
  rest,
}: Scripted): ChatSnapshot {
  return {
    room: "quiet-harbor-3f7k",
    connection,
    view: { ...EMPTY_VIEW, epoch: "e1", turns, viewers },
    turns,
    older: { state: "none" },
    pending,
    notices: [],
    stopping: new Set(),
    ...rest,
  };
}

const first = turn(
  "t1",
  "What happens to an answer when I reload the page?",
  `It goes on. The room holds the turn, not your tab: when the page comes back it says **what it already has** and receives only the rest.

1. The last viewer leaves, and a grace of 30 s begins.
2. The page returns within it and sends \`hello\` with its cursor.
3. The room answers with one \`sync\`, then live text.

> After the grace the upstream call is stopped, so that nobody pays for an answer no one reads.

Source: *Guide, “Leaving and coming back”*`,
  { model: "guide", usage: { outputTokens: 96 } },
);

const streamingText = `Stop is a message about a **turn**, never about a connection, so it works from any tab:

| Step | Who | What |
|---|---|---|
| 1 | room | stores the intent |
| 2 | room | closes the upstream body |
| 3 | backend | confirms that it generates nothing more |

In the backend that confirmation is one method:

\`\`\`ts
@Delete("chat/:generationId")
@HttpCode(204)
stop(@Param("generationId") id: string): void {
  this.generations.stop(id); // unsubsc`;

const streaming = turn(
  "t2",
  "How does Stop reach the backend?",
  [
    { type: "reasoning-delta", delta: "The question is about T3. I look for the section on stopping." },
    {
      type: "tool-input-available",
      toolCallId: "c1",
      toolName: "search_docs",
      input: { query: "stop backend" },
      providerExecuted: true,
    },
    {
      type: "tool-output-available",
      toolCallId: "c1",
      toolName: "search_docs",
      output: { sections: 3 },
      providerExecuted: true,
    },
    { type: "text-delta", delta: streamingText },
  ],
  { state: "streaming" },
);

const longCode = turn(
  "t5",
  "Show me everything Markdown can do here.",
  `## Heading two

Text with a [link](https://example.com/a?b=1&amp;c=2), \`inline code\`, ~~gone~~ and a very_long_identifier_without_any_breaks_that_goes_on_and_on_and_on_and_on_and_on.

- [x] first task
- [ ] second task
  - nested with **weight**

\`\`\`js
const wide = "a line of code that is much wider than a phone, so it must scroll in its own box and not move the page";
\`\`\`

| name | default | meaning | unit | changed by | since |
|:--|--:|:-:|---|---|---|
| \`ORPHAN_GRACE_MS\` | 30000 | time an answer survives without a viewer | ms | environment | 0.1 |

![a remote picture](https://example.com/cat.png)

---

中文段落：网关把每个字实时送到房间的每个标签页，**加粗**与\`代码\`都应正常显示。`,
  { simulated: true, model: "echo" },
);

const injection = turn(
  "t6",
  "<img src=x onerror=alert(1)>",
  `<script>window.pwned = 1</script>

<img src=x onerror="window.pwned=1"> and [click](javascript:window.pwned=1) and <svg onload="window.pwned=1"></svg>

<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>

[data](data:text/html,<script>window.pwned=1</script>) ![x](javascript:alert(1)) <a href="javascript:window.pwned=1">x</a>

\`\`\`html
<script>window.pwned = 1</script>
\`\`\``,
);

const mathematics = turn(
  "t7",
  "Explain the rotation matrix with formulas.",
  `A rotation by \\(\\theta\\) keeps lengths: \\(|Rx| = |x|\\), and the set \\{x, y\\} stays a basis. With $a*b*c$ and $x_1^2$:

\\[
R(\\theta) = \\begin{pmatrix} \\cos\\theta & -\\sin\\theta \\\\ \\sin\\theta & \\cos\\theta \\end{pmatrix}
\\]

- the determinant is $$\\det R = \\cos^2\\theta + \\sin^2\\theta = 1$$
- it costs $5 or $10, which is no formula
- and \\(\\unknowncommand{x}\\) stays as written

\\begin{align*}
\\int_0^1 x^2\\,dx &= \\left[\\frac{x^3}{3}\\right]_0^1 \\\\
&= \\frac{1}{3}
\\end{align*}`,
);

const rightToLeft = turn(
  "t8",
  "كيف تستمر المحادثة بعد انقطاع الشبكة؟",
  `## الاستئناف

تحتفظ الغرفة بالإجابة، ولا يطلب المتصفح إلا **الجزء الناقص** عبر \`hello\`:

1. يعود الاتصال خلال 30 ثانية.
2. ترسل الغرفة إطار \`sync\` واحدًا.
   - ثم يستمر النص مباشرة.

> لا يُدفع ثمن إجابة مرتين.

| الخطوة | من |
|---|---|
| 1 | الغرفة |

שלום עולם, and a line in English.

- [x] منجز`,
);

const unparsable = turn("t9", "Repeat a mark many times.", `${"> ".repeat(3_000)}x`);

const failedError = { code: "upstream-unreachable", message: "unreachable", retryable: true };

export const scenarios: Readonly<Record<string, () => ChatSnapshot>> = {
  idle: () => snapshotOf({ viewers: 1 }),
  streaming: () => snapshotOf({ turns: [first, streaming] }),
  stream: () => snapshotOf({ turns: [first], connection: { state: "online", transport: "sse", because: "blocked" } }),
  polling: () =>
    snapshotOf({ turns: [first], connection: { state: "online", transport: "poll", because: "buffered" } }),
  thinking: () => snapshotOf({ turns: [first, turn("t2", "And then?", "", { state: "opening" })] }),
  queued: () =>
    snapshotOf({
      viewers: 3,
      turns: [
        turn("t2", "How does Stop reach the backend?", streamingText.slice(0, 320), { state: "streaming" }),
        turn("t3", "And if the backend takes no stop?", "", { state: "queued", position: 0, etaMs: 12_000 }),
        turn("t4", "Which tabs see that it stopped?", "", { state: "queued", position: 1, etaMs: 25_000 }),
      ],
    }),
  retrying: () =>
    snapshotOf({
      turns: [
        turn("t2", "How does Stop reach the backend?", "", {
          state: "waiting",
          notice: {
            type: "notice",
            code: "upstream-retrying",
            scope: "upstream",
            turnId: "t2",
            retryAfterMs: 8_000,
            attempt: 2,
            maxAttempts: 4,
            willRetry: true,
            message: "busy",
          },
        }),
      ],
    }),
  stopped: () =>
    snapshotOf({
      turns: [
        turn("t2", "How does Stop reach the backend?", streamingText.slice(0, 332), {
          outcome: "cancelled",
          stop: "confirmed",
        }),
        turn("t3", "And if the backend takes no stop?", "Then the body is closed, and", {
          outcome: "cancelled",
          stop: "closed",
        }),
      ],
    }),
  failed: () =>
    snapshotOf({
      turns: [
        first,
        turn("t2", "How does Stop reach the backend?", "", { outcome: "failed", error: failedError }),
        turn("t3", "And if it is evicted?", "The room wakes from storage. An attempt that was in flight", {
          outcome: "interrupted",
        }),
      ],
      pending: [
        {
          id: "p1",
          input: { prompt: "One question too many?" },
          submittedAt: 0,
          refused: { type: "error", code: "queue-full", message: "full", turnId: "p1", retryable: true },
        },
      ],
    }),
  continued: () =>
    snapshotOf({
      turns: [
        turn("t2", "How does Stop reach the backend?", streamingText.slice(0, 300), {
          outcome: "cancelled",
          stop: "confirmed",
        }),
        turn("t3", CONTINUE_PROMPT, "| 3 | backend | confirms that it generates nothing more |"),
      ],
      rest: { older: { state: "available" } },
    }),
  offline: () =>
    snapshotOf({
      turns: [first],
      connection: { state: "offline" },
      pending: [{ id: "p1", input: { prompt: "Does this question survive a tunnel?" }, submittedAt: 0 }],
    }),
  reconnecting: () =>
    snapshotOf({
      turns: [first],
      connection: { state: "reconnecting", attempt: 2, retryAt: Date.now() + 7_000 },
    }),
  closed: () =>
    snapshotOf({
      turns: [first],
      connection: { state: "closed", code: "version-unsupported", message: "outdated" },
    }),
  markdown: () => snapshotOf({ turns: [longCode] }),
  mathematics: () => snapshotOf({ turns: [mathematics] }),
  rightToLeft: () => snapshotOf({ turns: [rightToLeft] }),
  unparsable: () => snapshotOf({ turns: [unparsable, first] }),
  errors: () =>
    snapshotOf({
      turns: [
        "upstream-context-too-long",
        "upstream-content-policy",
        "upstream-auth-failed",
        "upstream-quota-exceeded",
      ].map((code, index) =>
        turn(`t${index}`, "And what about this?", "", {
          outcome: "failed",
          error: { code, message: code, retryable: false },
        }),
      ),
      pending: [
        {
          id: "p1",
          input: { prompt: "How do I drop a table in SQL?" },
          submittedAt: 0,
          refused: { type: "error", code: "request-blocked", message: "blocked", turnId: "p1", retryable: true },
        },
      ],
    }),
  refused: () =>
    snapshotOf({ turns: [first], connection: { state: "closed", code: "origin-forbidden", message: "origin" } }),
  injection: () => snapshotOf({ turns: [injection] }),
};
