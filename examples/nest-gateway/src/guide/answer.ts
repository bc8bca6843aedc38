/** Writes the Markdown answer to a question: the passages that fit, whole, with their source. Pure; pacing is the provider's. */
import { type Hit, isChineseSection, type SectionIndex, termsIn } from "./search.ts";
import type { Block, Section } from "./sections.ts";
import { isChinese } from "./words.ts";

export interface LocalText {
  en: string;
  "zh-CN": string;
}

/** Enough to answer, short enough to read while it streams. */
const maxPassageLength = 1_500;
/** A second section is shown when it fits nearly as well, and there is room for it. */
const secondShare = 0.75;
const minRoom = 300;

const texts = {
  found: { en: "From the documentation, on **%**:", "zh-CN": "文档中关于 **%** 的内容：" },
  also: { en: "See also **%**:", "zh-CN": "另见 **%**：" },
  otherLanguage: { en: "This part exists in Chinese only.", "zh-CN": "这部分目前只有英文文档。" },
  nothing: {
    en: "I answer from this project's documentation, and found nothing in it that fits your question. You could ask:",
    "zh-CN": "我只根据本项目的文档回答，没有找到与您的问题相符的内容。您可以这样问：",
  },
  hello: {
    en: "Hello! I am the guide of this gateway: I look your question up in the project's documentation and stream the passages that answer it. No model or network is involved. You could ask:",
    "zh-CN":
      "您好！我是本网关的向导：我会在项目文档中查找您的问题，并以流式方式给出相应的段落，不需要模型或网络。您可以这样问：",
  },
  thanks: {
    en: "You are welcome. Ask me anything else about the gateway.",
    "zh-CN": "不客气。关于网关的其他问题也可以问我。",
  },
} satisfies Record<string, LocalText>;

const greetings =
  /^(?:hi|hello|hey|good (?:morning|evening|day)|help|who are you|what are you|what can you do|你好|您好|嗨|帮助|你是谁|你能做什么)[\s!.?，。！？~]*(?:there)?[\s!.?，。！？~]*$/i;
const thanks =
  /^(?:thanks?|thank you|thx|great|ok|okay|bye|谢谢|多谢|好的|再见)[\s!.。！~]*(?:you|very much|a lot)?[\s!.。！~]*$/i;

export function answer(question: string, index: SectionIndex, suggestions: readonly LocalText[]): string {
  const language = isChinese(question) ? "zh-CN" : "en";
  const asked = question.trim();
  const ideas = suggestions.map((suggestion) => `- ${suggestion[language]}`).join("\n");
  if (thanks.test(asked)) return texts.thanks[language];
  if (asked === "" || greetings.test(asked)) return `${texts.hello[language]}\n\n${ideas}`;

  const hits = index.search(question);
  const [best] = hits;
  if (best === undefined) return `${texts.nothing[language]}\n\n${ideas}`;

  const terms = termsIn(question);
  const isForeign = isChineseSection(best.section) !== (language === "zh-CN");
  const parts = [
    ...(isForeign ? [texts.otherLanguage[language]] : []),
    passage(best, texts.found[language], terms, maxPassageLength),
  ];
  const room = maxPassageLength - parts.join("").length;
  const second = hits.find(
    (hit) => hit !== best && hit.score >= best.score * secondShare && lengthOf(hit.section) <= room,
  );
  if (second !== undefined && room >= minRoom) parts.push(passage(second, texts.also[language], terms, room));
  return parts.join("\n\n");
}

export const citation = ({ path, heading }: Section): string => `— ${path} › ${heading}`;

const lengthOf = (section: Section): number => section.blocks.reduce((sum, { text }) => sum + text.length, 0);

function passage({ section }: Hit, intro: string, terms: Set<string>, room: number): string {
  const blocks = pick(section.blocks, terms, room).map(({ text }) => text);
  return [intro.replace("%", section.heading), ...blocks, citation(section)].join("\n\n");
}

/** All blocks when they fit, else those that hold most of the question; always in the order of the page, never cut inside. */
function pick(blocks: readonly Block[], terms: Set<string>, room: number): Block[] {
  const ranked = blocks
    .map((block, place) => ({ block, place, score: fit(block.text, terms) }))
    .sort((a, b) => b.score - a.score || a.place - b.place);
  const chosen: { block: Block; place: number }[] = [];
  let left = room;
  for (const { block, place } of ranked) {
    const whole = block.text.length <= left ? block : shorten(block, terms, left);
    if (whole === undefined) continue;
    chosen.push({ block: whole, place });
    left -= whole.text.length;
  }
  return chosen.sort((a, b) => a.place - b.place).map(({ block }) => block);
}

function fit(text: string, terms: Set<string>): number {
  const held = termsIn(text);
  return [...terms].filter((term) => held.has(term)).length;
}

/** A long table or list keeps the rows that fit; a long paragraph its first sentences; long code goes. */
function shorten(block: Block, terms: Set<string>, room: number): Block | undefined {
  if (block.kind === "code") return undefined;
  const units =
    block.kind === "text" ? (block.text.match(/[^.!?。！？]+[.!?。！？]+\s*|[^.!?。！？]+$/g) ?? []) : rowsOf(block);
  const fixed = block.kind === "table" ? 2 : 0;
  const ranked = units.map((text, place) => ({
    place,
    length: text.length + 1,
    score: place < fixed ? Infinity : fit(text, terms),
  }));
  if (block.kind !== "text") ranked.sort((a, b) => b.score - a.score || a.place - b.place);
  const kept: number[] = [];
  let left = room;
  for (const { place, length, score } of ranked) {
    if (length > left || (score === 0 && block.kind !== "text")) break;
    kept.push(place);
    left -= length;
  }
  if (kept.length <= fixed) return undefined;
  const text = kept.sort((a, b) => a - b).map((place) => units[place]);
  return { kind: block.kind, text: text.join(block.kind === "text" ? "" : "\n").trim() };
}

/** A list item keeps its indented lines. */
function rowsOf({ kind, text }: Block): string[] {
  return kind === "table" ? text.split("\n") : text.split(/\n(?=\s{0,1}(?:[-*+]|\d+[.)])\s)/);
}
