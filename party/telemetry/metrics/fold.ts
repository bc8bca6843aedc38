/** What each event adds to the metrics. The whole of it: an event that is not here is for the log alone. */
import type { TurnFacts } from "../../core/events.ts";
import { LEVELS } from "../catalogue.ts";
import type { CountedEvent, MetricsReport } from "./report.ts";
import type { MetricStore } from "./store.ts";

/** Where a turn named none: what answered is the backend's choice. */
const unnamed = "default";

export function foldReport(store: MetricStore, report: MetricsReport, now: number): void {
  const tenant = report.tenant === undefined ? "" : store.bounded("tenant", report.tenant, now);
  if (report.census !== undefined) store.take(report.source, tenant, report.census, now);
  if (report.dropped > 0) store.add("edge_chat_events_dropped_total", { tenant }, report.dropped);
  for (const event of report.events) foldEvent(store, tenant, event, now);
}

function foldEvent(store: MetricStore, tenant: string, event: CountedEvent, now: number): void {
  if (LEVELS[event.name] === "error") store.add("edge_chat_faults_total", { tenant, event: event.name });
  switch (event.name) {
    case "session-opened":
      store.add("edge_chat_sessions_total", { tenant, transport: event.transport });
      return;
    case "session-refused":
      store.add("edge_chat_sessions_refused_total", { tenant, code: event.code });
      return;
    case "requests-refused":
      store.add("edge_chat_requests_refused_total", { code: event.code }, event.count);
      return;
    case "sync-sent":
      if (!event.resumed) return;
      store.add("edge_chat_resumes_total", { tenant, mode: event.mode });
      store.add("edge_chat_resume_bytes_total", { tenant }, event.bytes);
      return;
    case "turn-settled":
      foldTurn(store, tenant, event, now);
      return;
    case "turn-refused":
      store.add("edge_chat_turns_refused_total", { tenant, code: event.code });
      return;
    case "turn-waiting":
      store.observe("edge_chat_waits_seconds", { tenant, reason: event.code }, event.waitMs / 1_000);
      return;
    case "turn-stopping":
      store.add("edge_chat_stops_total", { tenant, by: event.by });
      return;
    case "upstream-attempt": {
      const kind = event.resume ? "resume" : event.attempt > 1 ? "retry" : "first";
      store.add("edge_chat_upstream_calls_total", { tenant, kind });
      return;
    }
    case "upstream-failure":
      store.add("edge_chat_upstream_failures_total", { tenant, code: event.code });
      return;
    case "stop-unconfirmed":
      store.add("edge_chat_stops_unconfirmed_total", { tenant });
      return;
    case "limiter-degraded":
      store.add("edge_chat_limiter_degraded_total", { tenant });
      return;
  }
}

function foldTurn(store: MetricStore, tenant: string, turn: TurnFacts, now: number): void {
  const { outcome, error = "", stop } = turn;
  const genAi = {
    tenant,
    gen_ai_operation_name: "chat",
    gen_ai_provider_name: store.bounded("provider", turn.provider ?? unnamed, now),
    gen_ai_request_model: store.bounded("model", turn.model ?? unnamed, now),
  };
  const times = [
    ["edge_chat_time_to_first_token_seconds", turn.firstTokenMs],
    ["edge_chat_queue_wait_seconds", turn.queueMs],
  ] as const;
  const genAiTimes = [
    ["gen_ai_client_operation_time_to_first_chunk_seconds", turn.firstChunkMs],
    ["gen_ai_client_operation_time_per_output_chunk_seconds", turn.chunkMs],
  ] as const;
  const tokens = [
    ["input", turn.inputTokens],
    ["output", turn.outputTokens],
  ] as const;
  store.add("edge_chat_turns_total", { tenant, outcome, error });
  for (const [family, ms] of times) if (ms !== undefined) store.observe(family, { tenant }, ms / 1_000);
  for (const [family, ms] of genAiTimes) if (ms !== undefined) store.observe(family, genAi, ms / 1_000);
  for (const [gen_ai_token_type, count] of tokens) {
    if (count !== undefined) store.observe("gen_ai_client_token_usage", { ...genAi, gen_ai_token_type }, count);
  }
  if (turn.operationMs !== undefined) {
    const labels = { ...genAi, error_type: error };
    store.observe("gen_ai_client_operation_duration_seconds", labels, turn.operationMs / 1_000);
  }
  if (stop !== undefined && turn.stopMs !== undefined) {
    store.observe("edge_chat_stop_seconds", { tenant, stop }, turn.stopMs / 1_000);
  }
}
