/** What the page offers a newcomer to ask. Each is a question that the guide can answer; a test asks them all. */
import type { LocalText } from "./answer.ts";

export const greeting: LocalText = {
  en: "Ask me how this gateway works. I answer from its documentation.",
  "zh-CN": "欢迎询问本网关的工作方式，我会根据项目文档回答。",
};

export const suggestions: readonly LocalText[] = [
  { en: "How do I start the gateway?", "zh-CN": "如何启动网关？" },
  { en: "What happens when I stop an answer?", "zh-CN": "停止回答时会发生什么？" },
  { en: "How does a tab resume after losing the network?", "zh-CN": "断网之后如何恢复？" },
  { en: "Which errors can a client see?", "zh-CN": "客户端会看到哪些错误？" },
];
