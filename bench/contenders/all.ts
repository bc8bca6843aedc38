/** Every contender, in the order of the tables. */
import { aiChatAgent } from "./ai-chat-agent.ts";
import type { Contender } from "./contender.ts";
import { copy } from "./copy.ts";
import { nestSse } from "./nest-sse.ts";
import { nestWs } from "./nest-ws.ts";
import { relay } from "./relay.ts";
import { tanstack } from "./tanstack.ts";
import { usPoll, usSse } from "./us-http.ts";
import { usWs } from "./us-ws.ts";

export const contenders: readonly Contender[] = [
  nestSse,
  nestWs,
  copy,
  relay,
  aiChatAgent,
  tanstack,
  usWs,
  usSse,
  usPoll,
];
