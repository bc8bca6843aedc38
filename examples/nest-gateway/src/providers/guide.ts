/** Answers from this project's own pages, offline: the default of a first start. Retrieval is in ../guide; here it is read and paced. */
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { GenerationEvent } from "edge-chat-gateway/nestjs";
import { z } from "zod";
import { answer } from "../guide/answer.ts";
import { SectionIndex } from "../guide/search.ts";
import { parseSections, type Section } from "../guide/sections.ts";
import { suggestions } from "../guide/suggestions.ts";
import { paced } from "./pace.ts";
import { estimateTokens, lastUserText, type Provider, type ProviderRequest } from "./provider.ts";

const guideParams = z.strictObject({
  /** A little faster than one reads. */
  tokensPerSecond: z.number().min(1).max(10_000).default(60),
});

type GuideParams = z.infer<typeof guideParams>;

export class GuideProvider implements Provider<GuideParams> {
  readonly id = "guide";
  readonly name = "Guide";
  readonly models = [
    { id: "guide-1", name: "Guide", description: "Answers from this project's documentation. Works offline." },
  ] as const;
  readonly params = guideParams;
  readonly #index: SectionIndex;

  constructor(sections: readonly Section[]) {
    this.#index = new SectionIndex(sections);
  }

  /** Reads `<docsDir>/*.md` and the READMEs beside the folder, once. */
  static async load(docsDir: string): Promise<GuideProvider> {
    return new GuideProvider(await readSections(docsDir));
  }

  /** The whole answer, for tests and for whoever has no use for a stream. */
  answer(question: string): string {
    return answer(question, this.#index, suggestions);
  }

  async *generate(
    { messages, model, params }: ProviderRequest<GuideParams>,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    yield { type: "start", model };
    const text = this.answer(lastUserText(messages));
    for await (const chunk of paced(wordsOf(text), params.tokensPerSecond, signal))
      yield { type: "delta", data: chunk };
    const usage = {
      inputTokens: messages.reduce((sum, { content }) => sum + estimateTokens(content), 0),
      outputTokens: estimateTokens(text),
    };
    yield { type: "usage", ...usage };
    yield { type: "complete", finishReason: "stop", usage };
  }
}

/** No folder, no pages: the guide then says that it found nothing. */
async function readSections(docsDir: string): Promise<Section[]> {
  const folder = basename(docsDir);
  const names = await readdir(docsDir).catch(() => []);
  const pages = names.filter((name) => name.endsWith(".md")).sort();
  const files = [
    ...["README.md", "README.zh-CN.md"].map((path) => ({ path, file: join(dirname(docsDir), path) })),
    ...pages.map((name) => ({ path: `${folder}/${name}`, file: join(docsDir, name) })),
  ];
  const sections = await Promise.all(
    files.map(async ({ path, file }) => parseSections(path, await readFile(file, "utf8").catch(() => ""))),
  );
  return sections.flat();
}

/** Words with what follows them up to the next one; Chinese too, which has no spaces to go by. */
function* wordsOf(text: string): Generator<string> {
  const segmenter = new Intl.Segmenter("zh-CN", { granularity: "word" });
  let chunk = "";
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike && chunk !== "") {
      yield chunk;
      chunk = "";
    }
    chunk += segment;
  }
  if (chunk !== "") yield chunk;
}
