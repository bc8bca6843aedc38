/** What a page or an operator asks before any chat: models, greeting and suggestions, health. */
import { Controller, Get, Header, Inject } from "@nestjs/common";
import { limits, Providers } from "./chat-request.ts";
import type { LocalText } from "./guide/answer.ts";
import { greeting, suggestions } from "./guide/suggestions.ts";

interface Model {
  provider: string;
  id: string;
  name: string;
  description?: string;
}

interface Context {
  greeting: LocalText;
  suggestions: readonly LocalText[];
  limits: typeof limits;
}

@Controller()
export class InfoController {
  readonly #providers: Providers;

  constructor(@Inject(Providers) providers: Providers) {
    this.#providers = providers;
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
    return { greeting, suggestions, limits };
  }

  @Get("health")
  @Header("Cache-Control", "no-store")
  health(): { status: "ok" } {
    return { status: "ok" };
  }
}
