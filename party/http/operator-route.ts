/**
 * The operator's routes, for whoever holds `OPERATOR_TOKEN`: `POST /ops/drain/:room`, `GET /ops/events/:room` and
 * `GET /metrics`. Without the setting there are none. Loaded when one is first asked for.
 */

import type { GatewayConfig } from "../config/settings.ts";
import { type MetricsBindings, metricsIn } from "../objects/metrics-object.ts";
import { problem } from "../responses/refusal-response.ts";
import { exposition, expositionType } from "../telemetry/metrics/exposition.ts";
import { metricsName } from "../telemetry/metrics-client.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { refuseOperator } from "./operator-auth.ts";
import { refuseRoom } from "./room-name.ts";
import { forward, type RoomBindings, roomUrl } from "./room-route.ts";

export interface OperatorBindings extends RoomBindings, MetricsBindings {}

/** Which route, and of which room. */
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
  // Nothing of the operator's request goes further, the token least of all.
  return forward(
    room,
    new Request(roomUrl(room, `/${kind}`), { method: kind === "drain" ? "POST" : "GET" }),
    bindings,
    config,
  );
}

/** What all shards have counted. One that does not answer is left out and told of: the others are worth having. */
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
