// A Worker with a page of its own and the gateway under /ai.
import { createGateway } from "edge-chat-gateway/server";

export { ChatRoom, Limiter, Metrics, Revocations } from "edge-chat-gateway/server";

interface Env {
  /** Where usage is reported. */
  readonly USAGE_URL?: string;
}

const gateway = createGateway<Env>({
  prefix: "/ai",
  settings: { MAX_QUEUED_TURNS: 4 },
  // Nobody but people with a token for it enters a room of the staff.
  authorize: ({ caller, room }) => !room?.startsWith("staff-") || caller.sub.endsWith("@staff"),
  beforeTurn: ({ input }) => {
    if (!("prompt" in input)) return;
    if (input.prompt.includes("password")) return { refuse: "Please don't send passwords." };
    // Card numbers are neither stored nor sent to the model.
    return { input: { prompt: input.prompt.replaceAll(/\b(?:\d[ -]?){13,16}\b/g, "[card number]") } };
  },
  afterTurn: async ({ author, usage, outcome }, { USAGE_URL }) => {
    if (USAGE_URL === undefined) return;
    await fetch(USAGE_URL, { method: "POST", body: JSON.stringify({ author, usage, outcome }) });
  },
});

export default {
  async fetch(request, env, context) {
    if (gateway.handles(request)) return gateway.fetch(request, env, context);
    return new Response("My own page");
  },
} satisfies ExportedHandler<Env>;
