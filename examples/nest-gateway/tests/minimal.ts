/** The controller of docs/guide.md: `src/resumable` lifted into another service, which has a model of its own. */
// #region controller
import {
  Body,
  Controller,
  Delete,
  Headers,
  HttpCode,
  Inject,
  Module,
  Param,
  RequestMethod,
  Sse,
  SseSignal,
} from "@nestjs/common";
import { fingerprint, ResumableGenerations, ResumableModule } from "../src/resumable/index.ts";
import { type Asked, myModel } from "./minimal-model.ts";

@Controller("model")
export class ChatController {
  readonly #generations: ResumableGenerations;

  constructor(@Inject(ResumableGenerations) generations: ResumableGenerations) {
    this.#generations = generations;
  }

  @Sse("chat", { method: RequestMethod.POST })
  @HttpCode(200) // Nest's own answer to a POST is 201
  async chat(@Body() body: Asked, @Headers("last-event-id") last: string | undefined, @SseSignal() gone: AbortSignal) {
    const { generationId: key, ...asked } = body;
    const lastEventId = last === undefined ? undefined : Number(last);
    const generation = { key, fingerprint: fingerprint(asked), lastEventId };
    return this.#generations.open(generation, (signal) => myModel(body, signal), gone);
  }

  @Delete("chat/:id")
  @HttpCode(204)
  stop(@Param("id") id: string) {
    return this.#generations.stop(id); // resolves when nothing more is generated
  }
}

@Module({ imports: [ResumableModule.forRoot({ holdMs: 30_000 })], controllers: [ChatController] })
export class AppModule {}
// #endregion
