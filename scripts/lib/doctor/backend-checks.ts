/** Whether a backend fits the contract (examples/nest-gateway/README.md#the-contract), and what to change where it does not. */
import { unifiedEvents } from "../../../shared/upstream-contract.ts";
import { type Answer, type ContractClient, textOf } from "./contract-client.ts";
import { advice, type Check, type Finding, messageOf, ok, wrong } from "./findings.ts";

/** How long after its reader has left a generation is looked at. */
const lookMs = 2_000;
const lookEveryMs = 100;
/** Events after which a reader leaves, a stop is sent. */
const few = 5;

/**
 * @param holdMs how long a generation goes on that nobody reads, as its operator says. Left out: not at all where nothing can be
 *   resumed, and unknown otherwise.
 */
export function backendChecks(client: ContractClient, holdMs?: number): Check[] {
  let whole: Answer | undefined;
  const first = client.newId();
  /** The full answer to the first question: what most checks look at. */
  const asked = async () => {
    whole ??= await client.ask({ generationId: first });
    return whole;
  };
  return [
    { name: "reachable", run: () => reachable(client) },
    { name: "answers", needs: ["reachable"], run: async () => answers(await asked()) },
    { name: "events", needs: ["answers"], run: async () => fits(await asked()) },
    { name: "streams", needs: ["events"], run: async () => streams(await asked()) },
    { name: "ids", needs: ["events"], run: async () => ids(await asked()) },
    { name: "same key, same answer", needs: ["ids"], run: async () => replays(client, first, await asked()) },
    { name: "resume", needs: ["same key, same answer"], run: () => resumes(client) },
    { name: "resume of what is unknown", needs: ["ids"], run: () => refusesUnknown(client) },
    { name: "stop", needs: ["streams"], run: async () => stops(client, await asked()) },
    { name: "stop of what is unknown", needs: ["stop"], run: () => stopsUnknown(client) },
    { name: "stops when its reader leaves", needs: ["streams"], run: () => notices(client, holdMs) },
    { name: "bad requests", needs: ["answers"], run: () => refusesBad(client) },
  ];
}

const isAnswer = ({ status }: Answer) => status === 200 || status === 201;

async function reachable(client: ContractClient): Promise<Finding> {
  try {
    const response = await client.get("/model/models");
    await response.body?.cancel();
    if (response.status < 500) return ok();
    return wrong(`GET /model/models answers ${response.status}`, "Start the service behind it, then ask again.");
  } catch (error) {
    return wrong(`no connection: ${messageOf(error)}`, "Is it running, and is this its address, without /model?");
  }
}

function answers({ status, contentType, events }: Answer): Finding {
  if (status === 401 || status === 403) {
    return wrong(`POST /model/chat answers ${status}`, "Pass what it asks for: --authorization 'Bearer …'.");
  }
  if (status === 404 || status === 405) {
    return wrong(`POST /model/chat answers ${status}`, "Serve the route, or set UPSTREAM_PATH at the gateway.");
  }
  if (status !== 200 && status !== 201) return wrong(`POST /model/chat answers ${status}`, "Answer 200.");
  if (!contentType.startsWith("text/event-stream")) {
    return advice(
      `it answers whole, as ${contentType || "nothing in particular"}`,
      "Answer as text/event-stream: people see a whole answer only when all of it is there.",
    );
  }
  if (events.length === 0) return wrong("the stream has no events", "Send events, each ended by an empty line.");
  if (status === 201)
    return advice("it answers 201", "In NestJS: @HttpCode(200) on the handler. Some readers refuse 201.");
  return ok();
}

function fits({ events }: Answer): Finding {
  if (events.length === 0) return { kind: "skipped", why: "the answer comes whole" };
  const unknown = events.find(({ name }) => !Object.hasOwn(unifiedEvents, name));
  if (unknown !== undefined) {
    const isOther = unknown.name === "message";
    return wrong(
      isOther ? "events have no name" : `an event is named "${unknown.name}"`,
      isOther
        ? "Give them the types start, delta, complete …; or set UPSTREAM_DIALECT to what it speaks (openai, ui-message, text)."
        : `Use the contract's names: ${Object.keys(unifiedEvents).join(", ")}.`,
    );
  }
  for (const { name, data } of events) {
    const parsed = unifiedEvents[name as keyof typeof unifiedEvents].safeParse(data);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = issue === undefined ? "" : ` at ${issue.path.join(".") || "its data"}`;
      return wrong(`a "${name}" event does not fit${where}`, "Send its data as JSON with the contract's fields.");
    }
  }
  const [start, end] = [events[0], events.at(-1)];
  if (end?.name === "error")
    return wrong("the answer ends with an error event", "Read the backend's log: the model failed.");
  if (end?.name !== "done") {
    return wrong(
      "the stream ends without complete",
      'End each answer with {type: "complete"}: without it, it counts as cut off.',
    );
  }
  if (start?.name !== "start") return advice("it does not begin with start", "Begin with start {model, resumable}.");
  return ok();
}

function streams({ events, reads }: Answer): Finding {
  const tokens = events.filter(({ name }) => name === "token");
  const [first, last] = [tokens[0]?.at ?? 0, tokens.at(-1)?.at ?? 0];
  if (tokens.length < 2) return advice("the whole answer is one event", "Send tokens as they come.");
  if (reads < 3 || last - first < 5) {
    return wrong(
      "everything arrives at once, at the end",
      "Something buffers: send X-Accel-Buffering: no and Cache-Control: no-transform, switch off compression, flush.",
    );
  }
  return ok(`first token after ${first.toFixed(0)} ms, ${tokens.length} tokens in ${(last - first).toFixed(0)} ms`);
}

function ids({ events }: Answer): Finding {
  const said = events.map(({ id }) => id);
  if (said.some((id) => id === undefined || id === "")) {
    return wrong(
      "events have no id",
      "Give each event an increasing id: a lost answer is continued after the last one.",
    );
  }
  const fix = "Number the events of a generation 1, 2, 3 …";
  if (new Set(said).size < said.length) return wrong("ids repeat", fix);
  const numbers = said.map(Number);
  if (numbers.some((id) => !Number.isFinite(id))) return advice("ids are no numbers, so nobody sees their order", fix);
  return numbers.every((id, index) => index === 0 || id > (numbers[index - 1] ?? id))
    ? ok()
    : wrong("ids go back", fix);
}

async function replays(client: ContractClient, generationId: string, before: Answer): Promise<Finding> {
  const again = await client.ask({ generationId });
  if (
    isAnswer(again) &&
    textOf(again.events) === textOf(before.events) &&
    again.events[0]?.id === before.events[0]?.id
  ) {
    return ok();
  }
  return wrong(
    `the same Idempotency-Key ${isAnswer(again) ? "runs the model again" : `answers ${again.status}`}`,
    "Keep generations by their key, and send the kept events again: a repeated call must not be paid for twice.",
  );
}

async function resumes(client: ContractClient): Promise<Finding> {
  const generationId = client.newId();
  const before = await client.ask({ generationId, leaveAfter: few });
  const start = before.events[0]?.data;
  if (typeof start === "object" && start !== null && "resumable" in start && start.resumable === false) {
    return advice("it says resumable: false", "Without resuming, an answer breaks off at each deploy of the gateway.");
  }
  const lastEventId = before.events.at(-1)?.id ?? "";
  const rest = await client.ask({ generationId, lastEventId });
  const whole = await client.ask({ generationId });
  if (!isAnswer(rest)) {
    return wrong(
      `with Last-Event-ID it answers ${rest.status}`,
      "Continue the same generation, or say resumable: false.",
    );
  }
  const seen = new Set(before.events.map(({ id }) => id));
  if (rest.events.some(({ id }) => seen.has(id))) {
    return wrong(
      "a resume sends events again that were read",
      "Send what lies after Last-Event-ID, and nothing before.",
    );
  }
  if (textOf(before.events) + textOf(rest.events) === textOf(whole.events)) return ok();
  return wrong(
    "what it continues with does not fit what it said",
    "Keep the events, and never generate a second time.",
  );
}

async function refusesUnknown(client: ContractClient): Promise<Finding> {
  const { status } = await client.ask({ generationId: client.newId(), lastEventId: "3" });
  if (status === 410) return ok();
  const what = status === 200 ? "begins a new generation" : `answers ${status}`;
  return wrong(
    `a resume of an unknown generation ${what}`,
    "Answer 410: half an answer must not be continued with another's words.",
  );
}

async function stops(client: ContractClient, whole: Answer): Promise<Finding> {
  const generationId = client.newId();
  let status = 0;
  let at = Number.POSITIVE_INFINITY;
  const answer = await client.ask({
    generationId,
    midway: {
      after: few,
      do: async () => {
        status = await client.stop(generationId);
        at = performance.now();
      },
    },
  });
  const tail = performance.now() - at;
  if (status === 404 || status === 405) {
    return wrong(
      `DELETE /model/chat/:id answers ${status}`,
      "Serve it: without it, a stopped answer is still paid for.",
    );
  }
  if (status !== 204 && status !== 200)
    return wrong(`DELETE answers ${status}`, "Answer 204 once nothing more is generated.");
  if (textOf(answer.events) === textOf(whole.events) || tail > 1_000) {
    return wrong("it goes on after a stop", "End the model's own call before answering DELETE, and close the stream.");
  }
  return ok();
}

async function stopsUnknown(client: ContractClient): Promise<Finding> {
  const status = await client.stop(client.newId());
  if (status === 204 || status === 200) return ok();
  return wrong(`a stop of an unknown id answers ${status}`, "Answer 204: the stop may be faster than the question.");
}

async function notices(client: ContractClient, holdMs: number | undefined): Promise<Finding> {
  const generationId = client.newId();
  const { events } = await client.ask({ generationId, leaveAfter: few });
  const start = events[0]?.data;
  const isResumable = typeof start === "object" && start !== null && "resumable" in start && start.resumable === true;
  const heldMs = holdMs ?? (isResumable ? undefined : 0);
  const withinMs = (heldMs ?? 0) + lookMs;
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const response = await client.get(`/model/stats?id=${generationId}`);
    if (!response.ok) {
      await response.body?.cancel();
      return { kind: "skipped", why: "there is no GET /model/stats to see it by" };
    }
    const record = (await response.json()) as { state?: string };
    if (record.state === "finished") return { kind: "skipped", why: "the answer was over before" };
    if (record.state !== "running") return ok(`it is ${record.state}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  await client.stop(generationId);
  if (heldMs === undefined) {
    const why = `it still runs ${withinMs / 1_000} s later, as a resumable one may; say for how long: --hold-ms 30000`;
    return { kind: "skipped", why };
  }
  return wrong(
    `it still runs ${withinMs / 1_000} s after its reader left`,
    "End the model's call when the connection closes: in NestJS, when the Observable is unsubscribed.",
  );
}

async function refusesBad(client: ContractClient): Promise<Finding> {
  const response = await client.post('{"messages":"none"}');
  await response.body?.cancel();
  if (response.status >= 400 && response.status < 500) return ok();
  return wrong(
    `a request without messages answers ${response.status}`,
    "Check the body, and answer 400: another status is tried again, or taken for an answer.",
  );
}
