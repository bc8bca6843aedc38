/** The pages that the agent's search tool knows, and the search. A short list that needs no network. */
import { termOf, wordsOf } from "../guide/words.ts";

export interface Page {
  title: string;
  url: string;
  /** Words that a question about the page may hold, beside those of its title. */
  about: string;
}

const pages: readonly Page[] = [
  {
    title: "HTML: server-sent events",
    url: "https://html.spec.whatwg.org/multipage/server-sent-events.html",
    about: "stream sse eventsource event reconnect last-event-id 流 事件",
  },
  {
    title: "AI SDK: stream protocols",
    url: "https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol",
    about: "ai sdk usechat chunk tool part message vercel 工具 消息",
  },
  {
    title: "Cloudflare Durable Objects",
    url: "https://developers.cloudflare.com/durable-objects/",
    about: "room object storage websocket hibernate edge worker cloudflare 房间 存储 边缘",
  },
  {
    title: "NestJS: server-sent events",
    url: "https://docs.nestjs.com/techniques/server-sent-events",
    about: "nest backend controller observable sse 后端",
  },
];

/** The two pages that share most words with the question. Pages that share equally many keep the order of the list. */
export function searchPages(question: string): Page[] {
  const asked = termsIn(question);
  const scored = pages.map((page) => ({ page, score: intersection(termsIn(`${page.title} ${page.about}`), asked) }));
  scored.sort((a, b) => b.score - a.score);
  return scored.slice(0, 2).map(({ page }) => page);
}

function termsIn(text: string): ReadonlySet<string> {
  return new Set(wordsOf(text).flatMap((word) => termOf(word) ?? []));
}

function intersection(known: ReadonlySet<string>, asked: ReadonlySet<string>): number {
  return [...asked].filter((term) => known.has(term)).length;
}
