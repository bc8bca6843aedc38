/**
 * Questions and the section that must come first. The fixture pairs pin the retrieval; pairs over the project's real pages belong
 * in `projectPairs`, and follow the pages when a heading changes.
 */
export interface GuidePair {
  question: string;
  path: string;
  heading: string;
}

const pair = (question: string, path: string, heading: string): GuidePair => ({ question, path, heading });

export const fixturePairs: readonly GuidePair[] = [
  pair("How do I start it?", "README.md", "Quick start"),
  pair("quick start", "README.md", "Quick start"),
  pair("Which Node version is required?", "README.md", "Requirements"),
  pair("What is the licence?", "README.md", "License"),
  pair("What is the first frame on a socket?", "docs/protocol.md", "Hello and welcome"),
  pair("How is a turn submitted?", "docs/protocol.md", "Submitting a turn"),
  pair("Is the turn id an idempotency key?", "docs/protocol.md", "Submitting a turn"),
  pair("How can I abort an answer?", "docs/protocol.md", "Stopping an answer"),
  pair("What happens when I stop generating?", "docs/protocol.md", "Stopping an answer"),
  pair("How do I resume after losing the network?", "docs/protocol.md", "Resuming after a disconnect"),
  pair("What is in a cursor?", "docs/protocol.md", "Cursors"),
  pair("What does queue-full mean?", "docs/protocol.md", "Errors"),
  pair("Which error codes exist?", "docs/protocol.md", "Errors"),
  pair("How do heartbeats work?", "docs/protocol.md", "Heartbeat"),
  pair("My proxy blocks WebSocket and SSE", "docs/protocol.md", "Long-polling"),
  pair("What does MAX_ACTIVE_TURNS do?", "docs/operations.md", "Settings"),
  pair("Which settings are there?", "docs/operations.md", "Settings"),
  pair("How do I deploy to production?", "docs/operations.md", "Deploying to production"),
  pair("rotate signing keys", "docs/operations.md", "Rotating keys"),
  pair("Where are the metrics?", "docs/operations.md", "Metrics and tracing"),
  pair("Does it scale to millions of rooms?", "docs/operations.md", "Scaling"),
  pair("How do I erase a room?", "docs/operations.md", "Retention and erasure"),
  pair("How does authentication work for EventSource?", "docs/security.md", "Authentication"),
  pair("Why is my origin refused?", "docs/security.md", "Origins"),
  pair("What are the rate limits?", "docs/security.md", "Rate limits"),
  pair("Is the markdown of an answer sanitised?", "docs/security.md", "Markdown in answers"),
  pair("怎么启动网关？", "docs/guide.zh-CN.md", "启动网关"),
  pair("断线之后怎么重连？", "docs/guide.zh-CN.md", "断线重连"),
  pair("如何停止生成回答？", "docs/guide.zh-CN.md", "停止生成"),
  pair("为什么我的问题在排队？", "docs/guide.zh-CN.md", "排队"),
  pair("身份验证的令牌放在哪里？", "docs/guide.zh-CN.md", "身份验证"),
  // Only an English page has it.
  pair("MAX_QUEUED_TURNS 是什么？", "docs/operations.md", "Settings"),
];

/** Asked of the guide with this project's own docs folder. Empty until the pages stand. */
export const projectPairs: readonly GuidePair[] = [];

/** Nothing in the pages is about these. */
export const strangeQuestions: readonly string[] = [
  "What is the weather in Paris?",
  "How do I bake a chocolate cake?",
  "Who won the football championship?",
  "今天天气怎么样？",
  "红烧肉怎么做？",
];
