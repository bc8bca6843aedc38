/**
 * The metrics: names, kinds and labels. Those of OpenTelemetry's conventions for generative AI keep their names and buckets,
 * written as Prometheus writes them (dots to underscores, the unit at the end):
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
 */

interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, ascending; the last bucket, without a bound, is not listed. */
  readonly buckets?: readonly number[];
  /** How long a gauge's word of one reporter is believed. Who was lost while it had something to tell never takes it back. */
  readonly keepMs?: number;
}

/** As long as a socket lives at most. */
const dayMs = 86_400_000;
/** No turn lasts longer (`TURN_TIMEOUT_MS`) or waits in the queue much longer than that. */
const hourMs = 3_600_000;

/** The convention's, for all durations, so that ours can be laid over theirs. */
const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] as const;
const tokens = Array.from({ length: 14 }, (_, power) => 4 ** power);
const genAi = ["tenant", "gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"] as const;

export const FAMILIES = {
  gen_ai_client_operation_duration_seconds: {
    type: "histogram",
    help: "From a turn's first call to the backend to its end.",
    labels: [...genAi, "error_type"],
    buckets: seconds,
  },
  gen_ai_client_operation_time_to_first_chunk_seconds: {
    type: "histogram",
    help: "From the call that was answered to its first content.",
    labels: genAi,
    buckets: seconds,
  },
  gen_ai_client_operation_time_per_output_chunk_seconds: {
    type: "histogram",
    help: "Between two reads of an answer: one observation a turn, its average.",
    labels: genAi,
    buckets: seconds,
  },
  gen_ai_client_token_usage: {
    type: "histogram",
    help: "Tokens of a turn, as the backend counted them.",
    labels: [...genAi, "gen_ai_token_type"],
    buckets: tokens,
  },
  edge_chat_time_to_first_token_seconds: {
    type: "histogram",
    help: "From a turn's submit to its first content: what a person waits.",
    labels: ["tenant"],
    buckets: seconds,
  },
  edge_chat_queue_wait_seconds: {
    type: "histogram",
    help: "In the room's own line, until the turn's start.",
    labels: ["tenant"],
    buckets: seconds,
  },
  edge_chat_waits_seconds: {
    type: "histogram",
    help: "Waits of started turns that hold no call, by the notice their readers saw.",
    labels: ["tenant", "reason"],
    buckets: seconds,
  },
  edge_chat_stop_seconds: {
    type: "histogram",
    help: "From a stop's being asked for to its end; stop=confirmed is the backend's word that nothing more is generated.",
    labels: ["tenant", "stop"],
    buckets: seconds,
  },
  edge_chat_sessions_total: {
    type: "counter",
    help: "Sessions that were welcomed, by transport.",
    labels: ["tenant", "transport"],
  },
  edge_chat_sessions_refused_total: {
    type: "counter",
    help: "Sessions that were sent away before their welcome, by error code.",
    labels: ["tenant", "code"],
  },
  edge_chat_requests_refused_total: {
    type: "counter",
    help: "HTTP requests that were answered with an error, by its code. Of no tenant: most are refused before it is known.",
    labels: ["code"],
  },
  edge_chat_resumes_total: {
    type: "counter",
    help: "Syncs for readers that had something of the room: delta is what they missed, snapshot all of it.",
    labels: ["tenant", "mode"],
  },
  edge_chat_resume_bytes_total: { type: "counter", help: "Their size, as JSON in UTF-8.", labels: ["tenant"] },
  edge_chat_turns_total: {
    type: "counter",
    help: "Turns that ended, by outcome and error code.",
    labels: ["tenant", "outcome", "error"],
  },
  edge_chat_turns_refused_total: {
    type: "counter",
    help: "Submits that were not accepted, by error code.",
    labels: ["tenant", "code"],
  },
  edge_chat_stops_total: {
    type: "counter",
    help: "Stops, by cause: cancel is somebody's, orphan is nobody left to read, replace is an edit.",
    labels: ["tenant", "by"],
  },
  edge_chat_stops_unconfirmed_total: {
    type: "counter",
    help: "Stops that the backend did not confirm in time; each is tried again.",
    labels: ["tenant"],
  },
  edge_chat_upstream_calls_total: {
    type: "counter",
    help: "Calls to the backend: the first of a turn, its retries, and those that continue an answer.",
    labels: ["tenant", "kind"],
  },
  edge_chat_upstream_failures_total: {
    type: "counter",
    help: "Calls that failed, by error code.",
    labels: ["tenant", "code"],
  },
  edge_chat_limiter_degraded_total: {
    type: "counter",
    help: "Times that a room could not reach its tenant's Limiter.",
    labels: ["tenant"],
  },
  edge_chat_faults_total: {
    type: "counter",
    help: "Faults of the gateway's own: every event of level error, by name.",
    labels: ["tenant", "event"],
  },
  edge_chat_viewers: {
    type: "gauge",
    help: "Sessions that see a room over an open socket or stream, when it last reported.",
    labels: ["tenant"],
    keepMs: dayMs,
  },
  edge_chat_turns_active: {
    type: "gauge",
    help: "Active turns: started and not settled.",
    labels: ["tenant"],
    keepMs: hourMs,
  },
  edge_chat_turns_queued: {
    type: "gauge",
    help: "Turns in the lines of their rooms.",
    labels: ["tenant"],
    keepMs: hourMs,
  },
  edge_chat_circuits_open: {
    type: "gauge",
    help: "Limiters whose circuit is open or half open: the backend is not asked, or by one turn at a time.",
    labels: ["tenant"],
    keepMs: hourMs,
  },
  edge_chat_slow_downs: {
    type: "gauge",
    help: "Limiters that spare an overloaded backend: they allow fewer turns at a time than asked for.",
    labels: ["tenant"],
    keepMs: hourMs,
  },
  edge_chat_events_dropped_total: {
    type: "counter",
    help: "Events that no metric counts because they could not be kept or sent.",
    labels: ["tenant"],
  },
  edge_chat_series_folded_total: {
    type: "counter",
    help: "Observations that were counted under other because there were too many series.",
    labels: [],
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof FAMILIES;
type NamesOf<T extends Family["type"]> = {
  [K in FamilyName]: (typeof FAMILIES)[K]["type"] extends T ? K : never;
}[FamilyName];
export type CounterName = NamesOf<"counter">;
export type HistogramName = NamesOf<"histogram">;
export type GaugeName = NamesOf<"gauge">;
export type LabelsOf<K extends FamilyName> = Readonly<Record<(typeof FAMILIES)[K]["labels"][number], string>>;

/** Upper bounds of a histogram's buckets; undefined of what is none. */
export function bucketsOf(name: FamilyName): readonly number[] | undefined {
  const family: Family = FAMILIES[name];
  return family.buckets;
}
