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

/** Asked of the guide with this project's own docs folder. */
export const projectPairs: readonly GuidePair[] = [
  pair("How do I start the gateway?", "README.md", "Start the gateway"),
  pair("How do I run the tests?", "README.md", "Run the tests"),
  pair("How do I use it with React?", "README.md", "Use it from a front end"),
  pair("Can I use plain partysocket?", "README.md", "Wire it by hand with partysocket"),
  pair("How do I connect my NestJS service?", "README.md", "Put your NestJS service behind it"),
  pair("What is the layout of the repository?", "README.md", "Layout of the repository"),
  pair("How do I read the code?", "docs/architecture.md", "How to read the code"),
  pair("What happens when I stop an answer?", "docs/protocol.md", "Stopping an answer"),
  pair("How do I know that a stop is proven?", "docs/spec.md", "T3 A stop is proven"),
  pair("How does a tab resume after losing the network?", "docs/protocol.md", "Resuming after losing the network"),
  pair("Which errors can a client see?", "docs/protocol.md", "Errors a client can see"),
  pair("What happens to slow readers?", "docs/spec.md", "F2 Slow readers"),
  pair("Which codes close the socket?", "docs/protocol.md", "Codes that close the socket"),
  pair("What is the first frame on a socket?", "docs/spec.md", "R1 Hello comes first"),
  pair("What is a room?", "docs/protocol.md", "Room"),
  pair("What is a turn?", "docs/protocol.md", "Turn"),
  pair("How do I apply a sync?", "docs/protocol.md", "Applying a sync"),
  pair("How are offsets counted?", "docs/protocol.md", "Positions and offsets"),
  pair("What is in the cursor?", "docs/protocol.md", "The cursor: have"),
  pair("Is the turn id an idempotency key?", "docs/protocol.md", "Submitting a turn again"),
  pair("How do ping and pong work?", "docs/protocol.md", "Ping and pong"),
  pair("Which limits are there on frames?", "docs/protocol.md", "Limits on frames and rooms"),
  pair("Which HTTP routes are there?", "docs/protocol.md", "HTTP routes"),
  pair("What does MAX_ACTIVE_TURNS do?", "docs/spec.md", "Q1 Some at a time"),
  pair("Which settings are numbers?", "docs/settings.md", "Settings that are numbers"),
  pair("What is ALLOW_ANONYMOUS for?", "docs/operations.md", "Deploy to Cloudflare"),
  pair("Where do settings go?", "docs/settings.md", "Where settings go"),
  pair("How do I deploy to Cloudflare?", "docs/operations.md", "Deploy to Cloudflare"),
  pair("Should I choose PartyKit or Cloudflare as a host?", "docs/operations.md", "Which host: Cloudflare or PartyKit"),
  pair("How do I read the logs?", "docs/operations.md", "Read the logs"),
  pair("What does a restart do to an answer?", "docs/operations.md", "What a restart or a new deploy does"),
  pair("Which storage keys are there?", "docs/storage.md", "Storage keys"),
  pair("What is on the agenda?", "docs/storage.md", "The agenda: deadlines behind one alarm"),
  pair("How do I erase a room?", "docs/storage.md", "Erasing a room"),
  pair("How long are turns kept?", "docs/storage.md", "How long turns are kept"),
  pair("How are older turns paged?", "docs/protocol.md", "Paging older turns"),
  pair("How do I drain a room?", "docs/operations.md", "Drain a room"),
  pair("Which origins may use the gateway?", "docs/operations.md", "Which pages may use the gateway"),
  pair("What is in goaway?", "docs/protocol.md", "goaway"),
  pair("Is a timeout retried?", "docs/spec.md", "U2 Retries"),
  pair("Can I stream without a room?", "docs/protocol.md", "GET /chat: the backend's stream without a room"),
  pair("How is the life of a turn?", "docs/architecture.md", "The life of a turn"),
  pair("Which folders import which?", "docs/architecture.md", "Folders and who may import whom"),
  pair("What is a viewer?", "docs/spec.md", "R6 Who is a viewer"),
  pair("When does a retry happen?", "docs/spec.md", "U2 Retries"),
  pair("What happens when nobody watches?", "docs/spec.md", "T4 When nobody watches"),
  pair("What happens when the queue is full?", "docs/spec.md", "Q3 A full queue"),
  pair("如何启动网关？", "docs/quick-start.zh-CN.md", "启动网关"),
  pair("停止回答时会发生什么？", "docs/quick-start.zh-CN.md", "停止回答"),
  pair("断网之后如何恢复？", "docs/quick-start.zh-CN.md", "断网之后恢复"),
  pair("客户端会看到哪些错误？", "docs/quick-start.zh-CN.md", "客户端看到的错误"),
  pair("为什么我的问题在排队？", "docs/quick-start.zh-CN.md", "排队与并发"),
  pair("怎么修改问题或者重新生成？", "docs/quick-start.zh-CN.md", "修改、重新生成与继续"),
  pair("怎么删除房间？", "docs/quick-start.zh-CN.md", "保留与删除"),
  pair("怎么部署到 Cloudflare？", "docs/quick-start.zh-CN.md", "部署到 Cloudflare"),
];

/** Nothing in the pages is about these. */
export const strangeQuestions: readonly string[] = [
  "What is the weather in Paris?",
  "How do I bake a chocolate cake?",
  "Who won the football championship?",
  "今天天气怎么样？",
  "红烧肉怎么做？",
];
