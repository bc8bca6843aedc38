/** The hooks of a turn as the room's ports: checked, bounded in time, and logged where they fail. */
import { defined } from "../../shared/defined.ts";
import { turnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import type { Submit } from "../core/log/turn-record.ts";
import type { RoomPorts, SettledTurn } from "../core/ports.ts";
import type { AccessRefusal, Principal } from "../core/principal.ts";
import type { Entry, Sink } from "../telemetry/sink.ts";
import type { GatewayFacts } from "./gateway-env.ts";
import type { BeforeTurnAnswer, TurnChanges } from "./gateway-options.ts";
import { runHook } from "./run-hook.ts";

/** What a person reads beside their question. */
const maxRefusalLength = 500;

type Checked = { readonly refuse: string } | { readonly submit: Submit };

/** The ports that a room of this gateway has. Those without a hook are absent. */
export function turnHooks({ options, env }: GatewayFacts, room: string): Pick<RoomPorts, "beforeTurn" | "afterTurn"> {
  const { beforeTurn, afterTurn } = options;
  return {
    ...(beforeTurn === undefined
      ? {}
      : {
          beforeTurn: async (submit: Submit, by: Principal): Promise<Result<Submit, AccessRefusal>> => {
            const { turnId, input, provider, model, params, metadata } = submit;
            const { sub, tenant, scopes } = by;
            const call = { room, turnId, caller: { sub, tenant, scopes }, input };
            const optional = defined({ provider, model, params, metadata });
            const checked = await runHook("beforeTurn", async () =>
              checkedAnswer(submit, await beforeTurn({ ...call, ...optional }, env as never)),
            );
            if (!checked.ok) return fail({ code: "internal" });
            if ("refuse" in checked.value) return fail({ code: "turn-not-allowed", detail: checked.value.refuse });
            return ok(checked.value.submit);
          },
        }),
    ...(afterTurn === undefined
      ? {}
      : {
          afterTurn: (turn: SettledTurn) => {
            void runHook("afterTurn", () => afterTurn({ room, ...turn }, env as never));
          },
        }),
  };
}

/** Passes a room's events on to the `onEvent` hook; undefined where there is none. */
export function eventHookSink({ options, env }: GatewayFacts): Sink | undefined {
  const { onEvent } = options;
  if (onEvent === undefined) return undefined;
  // A failure of the hook is logged and isn't an event of the room, or the hook would be called about itself.
  return (entry: Entry) => void runHook("onEvent", () => onEvent(entry, env as never));
}

/** Throws where the hook returned what no client could have sent. */
function checkedAnswer(submit: Submit, answer: BeforeTurnAnswer): Checked {
  if (answer === undefined || answer === null) return { submit };
  if (typeof answer !== "object") throw new TypeError("beforeTurn must return nothing, changes, or { refuse }.");
  if ("refuse" in answer) {
    if (typeof answer.refuse !== "string" || answer.refuse.trim() === "") {
      throw new TypeError("beforeTurn must give a sentence in `refuse`.");
    }
    return { refuse: answer.refuse.slice(0, maxRefusalLength) };
  }
  const { context, ...frame } = submit;
  const { input, provider, model, params }: TurnChanges = answer;
  const changed = turnSubmitFrame.parse({ ...frame, ...defined({ input, provider, model, params }) });
  const original = {
    input: submit.input,
    ...defined({ provider: submit.provider, model: submit.model, params: submit.params }),
  };
  // A context that the client keeps belongs to the question as it was.
  const kept = input === undefined && context !== undefined ? { context } : {};
  return { submit: { ...changed, ...kept, original } };
}
