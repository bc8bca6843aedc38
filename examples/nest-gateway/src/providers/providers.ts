/** The providers of this process, by id: chooses the one that a question names, and refuses what it can't answer. */
import {
  ChatProblem,
  type ChatQuestion,
  fieldErrors,
  type GenerationEvent,
  invalidRequest,
} from "edge-chat-gateway/nestjs";
import type { Provider } from "./provider.ts";

export interface Chosen {
  readonly provider: Provider;
  readonly model: string;
}

export class Providers {
  readonly all: readonly Provider[];
  readonly #defaultId: string;

  constructor(all: readonly Provider[], defaultId: string) {
    this.all = all;
    this.#defaultId = defaultId;
    if (!all.some(({ id }) => id === defaultId))
      throw new RangeError(`the default provider ${defaultId} is not among the providers`);
  }

  /** @throws ChatProblem 400 for a provider, model or parameter that doesn't exist, before anything is generated */
  answer(question: ChatQuestion, signal: AbortSignal): AsyncIterable<GenerationEvent> {
    const { provider, model } = this.choose(question);
    const params = provider.params.safeParse(question.params ?? {});
    if (!params.success) throw invalidRequest(fieldErrors(params.error, "#/params"));
    const { generationId, messages, answers } = question;
    return provider.generate({ generationId, model, messages, answers, params: params.data }, signal);
  }

  /** @throws ChatProblem 400 `provider-unknown` or `model-unknown` */
  choose(asked: { readonly provider?: string | undefined; readonly model?: string | undefined }): Chosen {
    const provider = this.all.find(({ id }) => id === (asked.provider ?? this.#defaultId));
    if (provider === undefined) {
      const names = this.all.map(({ id }) => id).join(", ");
      throw new ChatProblem(400, "provider-unknown", "There is no such provider here.", [
        { pointer: "#/provider", detail: `one of: ${names}` },
      ]);
    }
    const model = asked.model ?? provider.models[0].id;
    if (!provider.models.some(({ id }) => id === model)) {
      const names = provider.models.map(({ id }) => id).join(", ");
      throw new ChatProblem(400, "model-unknown", "The provider has no such model.", [
        { pointer: "#/model", detail: `one of: ${names}` },
      ]);
    }
    return { provider, model };
  }
}
