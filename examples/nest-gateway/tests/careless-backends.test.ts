/**
 * Backends as NestJS makes them when nobody takes care (docs/faults.md), read by the gateway's own upstream: what a 201, an
 * exception after the headers, a refusing guard and automatic event ids become there.
 */
import "reflect-metadata";
import {
  type CanActivate,
  Controller,
  HttpException,
  type INestApplication,
  type MessageEvent,
  Module,
  Post,
  RequestMethod,
  Sse,
  UseGuards,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { concat, map, type Observable, of, throwError, timer } from "rxjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type UpstreamBatch, UpstreamFailure } from "../../../party/core/ports.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { FetchUpstream } from "../../../party/upstream/fetch-upstream.ts";
import type { RequestSetting } from "../../../party/upstream/requests/request-setting.ts";
import { joinParts } from "../../../shared/content.ts";

const tokens = (...texts: string[]): Observable<MessageEvent> =>
  of(...texts.map((text) => ({ type: "token", data: { text } })));
/** Nest sends its headers on the next macrotask: what fails after that is an event, not a status. */
const later = (error: Error): Observable<MessageEvent> =>
  concat(
    timer(20).pipe(map((): MessageEvent => ({ type: "token", data: { text: "so far" } }))),
    throwError(() => error),
  );
const sse = { method: RequestMethod.POST } as const;

class Nobody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class CarelessController {
  @Sse("plain/model/chat", sse)
  plain(): Observable<MessageEvent> {
    return concat(tokens("No", "on."), of({ type: "done", data: {} }));
  }

  @Sse("unnamed/model/chat", sse)
  unnamed(): Observable<MessageEvent> {
    return of({ data: { text: "No" } }, { data: { text: "on." } });
  }

  @Sse("late/model/chat", sse)
  late(): Observable<MessageEvent> {
    return later(new Error("secret"));
  }

  @Sse("throttled/model/chat", sse)
  throttled(): Observable<MessageEvent> {
    return later(new HttpException("ThrottlerException: Too Many Requests", 429));
  }

  @Sse("early/model/chat", sse)
  early(): Observable<MessageEvent> {
    return throwError(() => new HttpException("secret", 503));
  }

  @Sse("cut/model/chat", sse)
  cut(): Observable<MessageEvent> {
    return tokens("so far");
  }

  @Sse("guarded/model/chat", sse)
  @UseGuards(Nobody)
  guarded(): Observable<MessageEvent> {
    return tokens("never");
  }

  @Sse("get-only/model/chat")
  getOnly(): Observable<MessageEvent> {
    return tokens("never");
  }

  @Post("whole/model/chat")
  whole(): object {
    return { text: "Noon." };
  }

  @Post("text/model/chat")
  text(): string {
    return "Noon.";
  }
}

@Module({ controllers: [CarelessController] })
class CarelessModule {}

let app: INestApplication;
let url: string;

beforeAll(async () => {
  app = await NestFactory.create(CarelessModule, { logger: false });
  await app.listen(0, "127.0.0.1");
  url = (await app.getUrl()).replace(/\/$/, "");
});
afterAll(() => app.close());

const request: RequestSetting = {
  ...{ adapter: "contract", method: "POST", path: "/model/chat", stop: undefined, headers: {} },
  ...{ provider: "auto", model: undefined, query: [], body: undefined },
};

async function read(route: string) {
  const upstream = new FetchUpstream({
    setting: () => ({ base: `${url}/${route}`, request, dialect: "auto", mapping: undefined }),
    readerOf,
    authorize: async () => ({}),
    room: "r",
    fetch: (address, init) => fetch(address, init),
  });
  const question = { generationId: "g", messages: [{ role: "user", content: "hi" }] } as const;
  const seen: { parts: UpstreamBatch["parts"]; end?: unknown; eventId?: string; whole?: true; failed?: string } = {
    parts: [],
  };
  try {
    for await (const { parts, ...rest } of await upstream.open(question, new AbortController().signal)) {
      Object.assign(seen, rest, { parts: joinParts(seen.parts, parts) });
    }
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    seen.failed = error.code;
  }
  return seen;
}

const shown = (text: string) => [{ type: "text-delta", delta: text }];

describe("[U5] a careless NestJS backend", () => {
  test("that answers a POST with 201 has answered", async () => {
    const { status } = await fetch(`${url}/plain/model/chat`, { method: "POST" });
    expect(status).toBe(201);
    expect(await read("plain")).toMatchObject({ parts: shown("Noon."), end: { kind: "done" } });
  });

  test("that sends objects without event names speaks plain text, and simply ends", async () => {
    expect(await read("unnamed")).toMatchObject({ parts: shown("Noon."), end: { kind: "done" } });
  });

  test("that throws after the headers has failed with the text so far, in our words", async () => {
    const answer = await (await fetch(`${url}/late/model/chat`, { method: "POST" })).text();
    expect(answer).toMatch(/event: error\n/);
    expect(await read("late")).toMatchObject({
      parts: shown("so far"),
      end: { code: "upstream-unavailable", retryable: true },
    });
    expect(await read("throttled")).toMatchObject({ parts: shown("so far"), end: { code: "upstream-rate-limited" } });
  });

  test("that throws before them answers with the status", async () => {
    expect(await read("early")).toEqual({ parts: [], failed: "upstream-unavailable" });
  });

  test("whose guard refuses, or which has no such route, is final", async () => {
    expect(await read("guarded")).toEqual({ parts: [], failed: "upstream-auth-failed" });
    for (const route of ["get-only", "nowhere"]) {
      expect(await read(route)).toEqual({ parts: [], failed: "upstream-rejected" });
    }
  });

  test("that leaves the ids to Nest has no promise that they last: a cut is a cut", async () => {
    const seen = await read("cut");
    expect(seen).toEqual({ parts: shown("so far"), eventId: "1" });
  });

  test("that answers whole has answered", async () => {
    expect(await read("whole")).toMatchObject({ parts: shown("Noon."), whole: true, end: { kind: "done" } });
    // Nest sends a string as text/html: it cannot be told from a page, and is not shown.
    expect(await read("text")).toEqual({ parts: [], failed: "upstream-malformed" });
  });
});
