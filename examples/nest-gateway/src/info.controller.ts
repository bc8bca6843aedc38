/** What a page or an operator asks beside any chat: models, greeting and suggestions, statistics, health. */
import { Controller, Get, Header, Inject, Query } from "@nestjs/common";
import {
  ChatProblem,
  chatLimits,
  type GenerationRecord,
  type GenerationStats,
  ResumableGenerations,
} from "edge-chat-gateway/nestjs";
import type { LocalText } from "./guide/answer.ts";
import { greeting, suggestions } from "./guide/suggestions.ts";
import { Providers } from "./providers/providers.ts";

interface Model {
  provider: string;
  id: string;
  name: string;
  description?: string;
}

interface Context {
  greeting: LocalText;
  suggestions: readonly LocalText[];
  limits: typeof chatLimits;
}

@Controller()
export class InfoController {
  readonly #providers: Providers;
  readonly #generations: ResumableGenerations;

  constructor(
    @Inject(Providers) providers: Providers,
    @Inject(ResumableGenerations) generations: ResumableGenerations,
  ) {
    this.#providers = providers;
    this.#generations = generations;
  }

  @Get("model/models")
  models(): { models: Model[] } {
    return {
      models: this.#providers.all.flatMap(({ id, models }) => models.map((model) => ({ provider: id, ...model }))),
    };
  }

  @Get("model/context")
  @Header("Cache-Control", "public, max-age=60, stale-while-revalidate=600")
  context(): Context {
    return { greeting, suggestions, limits: chatLimits };
  }

  @Get("model/stats")
  @Header("Cache-Control", "no-store")
  stats(@Query("id") id: unknown): GenerationStats | GenerationRecord {
    if (id === undefined) return this.#generations.stats();
    const record = typeof id === "string" ? this.#generations.record(id) : undefined;
    if (record === undefined)
      throw new ChatProblem(404, "generation-unknown", "No generation with this id is remembered.");
    return record;
  }

  @Get("health")
  @Header("Cache-Control", "no-store")
  health(): { status: "ok" } {
    return { status: "ok" };
  }
}
