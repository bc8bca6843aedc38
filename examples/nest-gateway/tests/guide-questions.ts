/** Real questions, in people's words, and the pages of which one must be the first source of the answer. */
export interface RealQuestion {
  readonly question: string;
  /** Paths of pages that answer it. */
  readonly pages: readonly string[];
}

const ask = (question: string, ...pages: readonly string[]): RealQuestion => ({ question, pages });

export const realQuestions: readonly RealQuestion[] = [
  ask("How do I start the gateway?", "README.md", "docs/operations.md"),
  ask("How do I connect my own NestJS backend?", "docs/nestjs.md", "docs/guide.md"),
  ask("How can a user stop an answer?", "docs/protocol.md", "docs/spec.md"),
  ask("What happens to my answer when I lose the network?", "docs/protocol.md", "docs/transports.md"),
  ask("Which environment variables are there?", "docs/settings.md"),
  ask("How do I limit how many questions a tenant may ask?", "docs/operations.md", "docs/settings.md"),
  ask("Does it work without WebSocket?", "docs/protocol.md", "docs/transports.md"),
  ask("How do I deploy this to Cloudflare?", "docs/operations.md", "docs/deploy.md", "README.md"),
  ask("Can I use it with the AI SDK's useChat?", "docs/ai-sdk.md", "docs/compare.md", "README.md"),
  ask("What happens when the backend returns 429?", "docs/edge.md", "docs/faults.md", "docs/spec.md", "docs/guide.md"),
  ask("How long is the history kept?", "docs/storage.md", "docs/settings.md"),
  ask("How do I delete a conversation?", "docs/storage.md", "docs/protocol.md", "docs/operations.md"),
  ask("Why do I see upstream-malformed?", "docs/protocol.md", "docs/faults.md", "docs/runbooks/turns-fail.md"),
  ask("How do I see metrics in Prometheus?", "docs/observability.md"),
  ask("How do I rotate the signing keys?", "docs/operations.md", "docs/security.md"),
  ask("How do I run the tests?", "README.md"),
  ask("Is the text resumed after a crash?", "docs/spec.md", "docs/protocol.md"),
  ask("How do I use it from React?", "docs/react.md"),
  ask("What is the difference between a room and the bridge?", "docs/edge.md"),
  ask("Which errors can a client see?", "docs/protocol.md"),
  ask("怎么接入自己的 NestJS 服务？", "docs/nestjs.zh-CN.md", "docs/guide.zh-CN.md"),
  ask("断网以后回答会丢吗？", "docs/using.zh-CN.md"),
  ask("怎么停止回答？", "docs/using.zh-CN.md"),
  ask("如何部署到 Cloudflare？", "README.zh-CN.md", "docs/guide.zh-CN.md"),
  ask("怎么限制每个租户的请求数量？", "docs/settings.zh-CN.md", "docs/guide.zh-CN.md", "docs/using.zh-CN.md"),
  ask("没有 WebSocket 能用吗？", "docs/guide.zh-CN.md", "docs/using.zh-CN.md"),
  ask("客户端会看到哪些错误？", "docs/using.zh-CN.md"),
  ask("怎么删除房间？", "docs/using.zh-CN.md"),
  ask("如何启动网关？", "README.zh-CN.md"),
  ask("密钥放在哪里？", "docs/guide.zh-CN.md"),
];

/** Nothing in the pages is about these. */
export const strangeQuestions: readonly string[] = [
  "What is the weather in Paris?",
  "How do I bake a chocolate cake?",
  "Who won the football championship?",
  "今天天气怎么样？",
  "红烧肉怎么做？",
];
