/** Writes a turn as server-sent events in the format of another protocol, at the pace at which its client reads. */
import { sseComment, sseHeaders } from "../../responses/sse.ts";
import type { TurnNews } from "./turn-reader.ts";

/** One protocol's way to write a turn. */
export interface AnswerFormat {
  /** The events that the news adds, as text of the stream; empty for none. @param news undefined after the last. */
  write(news: TurnNews | undefined): string;
  /** Nothing is written any more. */
  readonly isDone: boolean;
}

export interface NewsSource {
  read(): Promise<TurnNews | undefined>;
  leave(): void;
}

/** The turn's news, of which the first can be waited for without taking it. */
export class PeekedNews implements NewsSource {
  readonly #source: NewsSource;
  #next: Promise<TurnNews | undefined> | undefined;

  constructor(source: NewsSource) {
    this.#source = source;
  }

  read(): Promise<TurnNews | undefined> {
    const next = this.#next ?? this.#source.read();
    this.#next = undefined;
    return next;
  }

  leave(): void {
    this.#source.leave();
  }

  /**
   * The first news for which `isEnough` holds, which `read` then returns. Earlier news are dropped: a later state of a turn says
   * all that they do. Undefined where `timeout` comes first.
   */
  async until(
    isEnough: (news: TurnNews | undefined) => boolean,
    timeout: Promise<void>,
  ): Promise<{ readonly news: TurnNews | undefined } | undefined> {
    for (;;) {
      this.#next ??= this.#source.read();
      const next = this.#next.then((news) => ({ news }));
      const first = await Promise.race([next, timeout.then(() => undefined)]);
      if (first === undefined || isEnough(first.news)) return first;
      this.#next = undefined;
    }
  }
}

/** A client that closes the response has left, which stops nothing by itself (T4). */
export function streamOf(
  source: NewsSource,
  format: AnswerFormat,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      // At once, so that a proxy which holds back the first bytes shows it at once.
      start: (controller) => controller.enqueue(encoder.encode(sseComment)),
      pull: async (controller) => {
        let text = "";
        while (text === "" && !format.isDone) {
          const news = await source.read();
          text = format.write(news);
          if (news?.kind === "alive" && text === "") text = sseComment;
          if (news === undefined) break;
        }
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (!format.isDone && text !== "") return;
        source.leave();
        controller.close();
      },
      cancel: () => source.leave(),
    },
    // Nothing is read ahead: the room counts what isn't taken (F2).
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { ...sseHeaders, ...headers } });
}
