/**
 * The operator's routes: `POST /ops/drain/:room`, `GET /ops/events/:room` and `GET /metrics`. They need `OPERATOR_TOKEN`;
 * without that setting they answer 404. The router loads this file with the first such request.
 */

import type { GatewayConfig } from "../config/settings.ts";
import { type MetricsBindings, metricsIn } from "../objects/metrics-object.ts";
import { problem } from "../responses/refusal-response.ts";
import { exposition, expositionType } from "../telemetry/metrics/exposition.ts";
import { metricsName } from "../telemetry/metrics-client.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { refuseOperator } from "./operator-auth.ts";
import { refuseRoom } from "./room-name.ts";
import { type RoomBindings, stubOf } from "./room-route.ts";

/** The methods of a room's object that only an operator's route calls. */
interface OperatorStub {
  drain(): Promise<void>;
  readEvents(): Promise<string>;
}

export interface OperatorBindings extends RoomBindings, MetricsBindings {}

/** The route, and the room that it names. */
export type OperatorCall = { readonly kind: "metrics" } | { readonly kind: "drain" | "events"; readonly room: string };

export async function routeOperator(
  request: Request,
  call: OperatorCall,
  bindings: OperatorBindings,
  config: GatewayConfig,
): Promise<Response> {
  const notOperator = await refuseOperator(request, config.operatorToken);
  if (notOperator !== undefined) return notOperator;
  if (call.kind === "metrics") return metrics(bindings, config);
  const { kind, room } = call;
  const wrong = refuseRoom(room, config);
  if (wrong !== undefined) return wrong;
  return callRoom(stubOf(room, bindings, config), kind);
}

/** Calls the room's object by a method, never by a path: no request of a client can reach what an operator may do. */
async function callRoom(stub: OperatorStub, kind: "drain" | "events"): Promise<Response> {
  try {
    if (kind === "events") {
      const headers = { "content-type": "application/json", "cache-control": "no-store" };
      return new Response(await stub.readEvents(), { headers });
    }
    await stub.drain();
    return new Response(null, { status: 202 });
  } catch (error) {
    reportFault("room", error);
    return problem("draining", { retryAfterMs: 1_000 });
  }
}

/** The counts of all shards. A shard that does not answer is left out and logged: the others are still useful. */
async function metrics({ Metrics }: OperatorBindings, config: GatewayConfig): Promise<Response> {
  if (Metrics === undefined || config.metricsShards === 0) return problem("not-found");
  const stubOf = metricsIn(Metrics, config.jurisdiction);
  const read = async (shard: number) => ({ shard, samples: await stubOf(metricsName(shard)).read() });
  const answers = await Promise.allSettled(Array.from({ length: config.metricsShards }, (_, shard) => read(shard)));
  const shards = answers.flatMap((answer) => {
    if (answer.status === "fulfilled") return [answer.value];
    reportFault("metrics", answer.reason);
    return [];
  });
  const headers = { "content-type": expositionType, "cache-control": "no-store" };
  return new Response(exposition(shards), { headers });
}
