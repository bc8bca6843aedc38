// A route of its own that resumes, for docs/nestjs.md. `tests/unit/nestjs/resumable.test.ts` runs it.
// #region own-route
import { Body, Controller, HttpCode, Post, UseGuards, UseInterceptors } from "@nestjs/common";
import { GatewayGuard, ResumableInterceptor, resumable } from "edge-chat-gateway/nestjs";
import { interval, map, takeWhile } from "rxjs";

@Controller("assistant")
export class AssistantController {
  @Post("ask")
  @HttpCode(200)
  @UseGuards(GatewayGuard)
  @UseInterceptors(ResumableInterceptor)
  ask(@Body() { from }: { from: number }) {
    const countdown = interval(10).pipe(
      map((passed) => from - passed),
      takeWhile((left) => left > 0),
      map((left) => `${left} `),
    );
    return resumable(countdown); // or a function (signal) => stream
  }
}
// #endregion
