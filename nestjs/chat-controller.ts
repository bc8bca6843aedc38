/**
 * `@EdgeChatController()`: makes a class with a method `answer` the controller that the gateway calls. It adds the routes of the
 * backend contract, who may call them, and what a refusal looks like; the class says what the answer is.
 */
import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from "@nestjs/common";
import type { AnswerStream } from "./answer-events.ts";
import { type ChatQuestion, parseGenerationId, parseQuestion } from "./chat-question.ts";
import { ResumableGenerations } from "./generations/resumable-generations.ts";
import { GatewayGuard } from "./guard/gateway-guard.ts";
import { type PlatformRequest, type PlatformResponse, setHeader } from "./http.ts";
import { ChatProblem } from "./problem.ts";
import { ProblemFilter } from "./problem-filter.ts";
import { type ResumableAnswer, ResumableInterceptor, resumable } from "./resumable.ts";

export interface ChatAnswerer {
  /**
   * Answers a question: an async generator, or what returns an Observable or async iterable. Called once for each question, not
   * for a reader that comes back. Must end soon after `signal` aborts, which is a stop; an Observable is unsubscribed then.
   *
   * What it throws before the first item is an HTTP status (`ChatProblem`, `GenerationError`), and a failed answer after that.
   */
  answer(question: ChatQuestion, signal: AbortSignal): AnswerStream | Promise<AnswerStream>;
}

interface Routes extends ChatAnswerer {
  [generations]: ResumableGenerations;
}

const generations = Symbol("ResumableGenerations");

/**
 * Adds `POST <path>`, `GET <path>?prompt=` and `DELETE <path>/:generationId`. Needs `EdgeChatModule` in the application.
 *
 * @param path where the gateway calls: `UPSTREAM_PATH` in its settings, `model/chat` if absent
 * @throws Error when the class is declared without a method `answer`
 */
export function EdgeChatController(path = "model/chat") {
  return <Answerer extends new (...dependencies: never[]) => ChatAnswerer>(target: Answerer): void => {
    const prototype: object = target.prototype;
    if (!("answer" in prototype) || typeof prototype.answer !== "function") {
      throw new Error(`${target.name} needs a method answer(question, signal), because it is an EdgeChatController.`);
    }
    Inject(ResumableGenerations)(prototype, generations);
    addRoute(prototype, "edgeChatAsk", postQuestion, Post(), HttpCode(200));
    addRoute(prototype, "edgeChatAskByQuery", getQuestion, Get());
    addRoute(prototype, "edgeChatStop", stopAnswer, Delete(":generationId"), HttpCode(204));
    UseInterceptors(ResumableInterceptor)(target);
    UseFilters(ProblemFilter)(target);
    Controller(path)(target);
  };
}

function postQuestion(this: Routes, request: PlatformRequest): ResumableAnswer {
  const question = parseQuestion(request);
  const { generationId: key, prompt: _, ...asked } = question;
  return resumable((signal) => this.answer(question, signal), { key, asked });
}

function getQuestion(this: Routes, request: PlatformRequest, response: PlatformResponse): ResumableAnswer {
  // Express and Fastify answer HEAD with the GET route, and asking for headers must not run a model.
  if (request.method === "HEAD") {
    setHeader(response, "Allow", "GET, POST");
    throw new ChatProblem(405, "method-not-allowed", "Use GET or POST.");
  }
  return postQuestion.call(this, request);
}

async function stopAnswer(this: Routes, request: PlatformRequest): Promise<void> {
  const { generationId = "" } = request.params as { generationId?: string };
  await this[generations].stop(parseGenerationId(generationId));
}

/** What `@Post() @HttpCode(200) @UseGuards(GatewayGuard) name(@Req() request, @Res(…) response)` would declare. */
function addRoute(
  prototype: object,
  name: string,
  handler: (this: Routes, request: PlatformRequest, response: PlatformResponse) => unknown,
  ...decorators: readonly MethodDecorator[]
): void {
  // A function of its own for each class: Nest keeps a route's metadata on the function.
  const route = function (this: Routes, request: PlatformRequest, response: PlatformResponse): unknown {
    return handler.call(this, request, response);
  };
  const descriptor = { value: route, writable: true, configurable: true };
  Object.defineProperty(prototype, name, descriptor);
  Req()(prototype, name, 0);
  Res({ passthrough: true })(prototype, name, 1);
  for (const decorate of [...decorators, UseGuards(GatewayGuard)]) decorate(prototype, name, descriptor);
}
