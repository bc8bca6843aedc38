/**
 * `edge-chat-gateway/server`: the gateway in a Worker of your own. `createGateway` makes its handlers, and the Durable Object
 * classes are exported beside them. It evaluates nothing but the classes and the answer to `/health`; the rest (`http/router.ts`)
 * loads with the first request that needs it.
 *
 * ```ts
 * export { ChatRoom, Limiter, Metrics, Revocations } from "edge-chat-gateway/server";
 * export default createGateway({ beforeTurn: ({ input }) => … });
 * ```
 */
import { DurableObject } from "cloudflare:workers";
import * as z from "zod/mini";
/** One question after the room's own history, as text or as parts, or `messages` in place of that history; or answers. */
declare const inputSchema: z.ZodMiniUnion<readonly [z.ZodMiniObject<{
  prompt: z.ZodMiniString<string>;
}, z.core.$strict>, z.ZodMiniObject<{
  parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"text">;
    text: z.ZodMiniString<string>;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"file">;
    mediaType: z.ZodMiniString<string>;
    filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    url: z.ZodMiniString<string>;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
    type: z.ZodMiniTemplateLiteral<`data-${string}`>;
    id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    data: z.ZodMiniJSONSchema;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
}, z.core.$strict>, z.ZodMiniObject<{
  messages: z.ZodMiniArray<z.ZodMiniObject<{
    role: z.ZodMiniEnum<{
      assistant: "assistant";
      system: "system";
      user: "user";
    }>;
    content: z.ZodMiniString<string>;
    parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"text">;
      text: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"file">;
      mediaType: z.ZodMiniString<string>;
      filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      url: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniTemplateLiteral<`data-${string}`>;
      id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      data: z.ZodMiniJSONSchema;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
  }, z.core.$strict>>;
}, z.core.$strict>, z.ZodMiniObject<{
  answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"tool-output">;
    toolCallId: z.ZodMiniString<string>;
    output: z.ZodMiniJSONSchema;
  }, z.core.$strict>, z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"tool-error">;
    toolCallId: z.ZodMiniString<string>;
    errorText: z.ZodMiniString<string>;
  }, z.core.$strict>, z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"approval">;
    approvalId: z.ZodMiniString<string>;
    approved: z.ZodMiniBoolean<boolean>;
    reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  }, z.core.$strict>], "type">>;
}, z.core.$strict>]>;
type TurnInput = z.infer<typeof inputSchema>;
/** Text or reasoning. Without `id` it is of a plain answer, whose text has no boundaries of its own. */
interface TextPart {
  readonly type: "text-delta" | "reasoning-delta";
  readonly id?: string;
  readonly delta: string;
}
/** A piece of a tool's input, as the model writes it. */
interface ToolInputPart {
  readonly type: "tool-input-delta";
  readonly toolCallId: string;
  readonly inputTextDelta: string;
}
/** Any other chunk, its fields as they came. */
interface ChunkPart {
  readonly type: string;
  readonly [field: string]: unknown;
}
/** Parts that hold text. Adjacent ones of one run are one part. */
type RunPart = TextPart | ToolInputPart;
type Part = RunPart | ChunkPart;
declare const outcomeSchema: z.ZodMiniEnum<{
  cancelled: "cancelled";
  completed: "completed";
  failed: "failed";
  interrupted: "interrupted";
}>;
declare const usageSchema: z.ZodMiniObject<{
  inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
  outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>;
type Outcome = z.infer<typeof outcomeSchema>;
type Usage = z.infer<typeof usageSchema>;
/** A turn whose end is durable, for the application that hosts the room. */
interface SettledTurn {
  readonly turnId: string;
  readonly outcome: Outcome;
  readonly error?: string;
  readonly finishReason?: string;
  /** The subject that asked. */
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly endedAt: number;
  readonly model?: string;
  readonly usage?: Usage;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `input` and `parts` are absent where the turn isn't in memory, as after a restart. */
  readonly input?: TurnInput;
  readonly parts?: readonly Part[];
}
/** The scopes that a token can grant. Which act needs which scope is decided in `principal.ts`. */
declare const ALL_SCOPES: readonly ["read", "write", "clear"];
type Scope = (typeof ALL_SCOPES)[number];
/** The names of all settings, as docs/settings.md lists them; a test compares. What each means is parsed in `party/config/`. */
declare const settingNames: readonly ["ALLOWED_ORIGINS", "ALLOW_ANONYMOUS", "ALLOW_HTTP", "ANSWER_WITHIN_MS", "AUTH", "AUTH_AUDIENCE", "AUTH_ISSUER", "AUTH_JWKS_URL", "AUTH_KEYS", "BACKOFF_BASE_MS", "BACKOFF_MAX_MS", "BRIDGE", "BRIDGE_PARSE", "COALESCE_MS", "FILES_BASE", "FILE_ADDRESS_MS", "FILE_TYPES", "FIRST_TOKEN_TIMEOUT_MS", "HEADERS_TIMEOUT_MS", "HEARTBEAT_MS", "HISTORY_BYTES", "HISTORY_TURNS", "IP_REQUESTS_PER_MINUTE", "JURISDICTION", "KEEP_BYTES", "KEEP_TURNS", "LIMITER", "LIMITER_SHARDS", "LOCATION_HINT", "LOG_LAG_MS", "LOG_LEVEL", "LOG_SAMPLE_PERCENT", "MAX_ACTIVE_TURNS", "MAX_ATTEMPTS", "MAX_FILE_BYTES", "MAX_QUEUED_TURNS", "MAX_RESUMES", "MAX_SOCKET_AGE_MS", "METRICS_SHARDS", "NEST_BASE", "OPERATOR_TOKEN", "ORPHAN_GRACE_MS", "ORPHAN_POLICY", "POLL_MERGE_MS", "ROOM_FILES", "ROOM_FILE_BYTES", "ROOM_TTL_DAYS", "SILENCE_TIMEOUT_MS", "SIMULATE_CHUNK_MS", "SIMULATE_MAX_MS", "STOP_CONFIRM_MS", "TENANT", "TENANT_ACTIVE_TURNS", "TENANT_TURNS_PER_MINUTE", "TRACE_CONTENT", "TRACE_SAMPLE_PERCENT", "TURN_TIMEOUT_MS", "UNUSED_FILE_MS", "UPLOADS_PER_MINUTE", "UPSTREAM_ADAPTER", "UPSTREAM_AUDIENCE", "UPSTREAM_AUTH", "UPSTREAM_BODY", "UPSTREAM_CONVERSATION_PATH", "UPSTREAM_CUMULATIVE", "UPSTREAM_DIALECT", "UPSTREAM_END_MARKS", "UPSTREAM_END_PATH", "UPSTREAM_FAILURE_MARKS", "UPSTREAM_FAILURE_PATH", "UPSTREAM_HEADERS", "UPSTREAM_METHOD", "UPSTREAM_MODEL", "UPSTREAM_PATH", "UPSTREAM_PROVIDER", "UPSTREAM_QUERY", "UPSTREAM_REASONING_PATH", "UPSTREAM_RESUMABLE", "UPSTREAM_SIGNING_KEYS", "UPSTREAM_STOP_METHOD", "UPSTREAM_STOP_PATH", "UPSTREAM_TEXT_PATH", "UPSTREAM_TOKEN_CLIENT", "UPSTREAM_TOKEN_URL", "WARM_ROUTES"];
type SettingName = (typeof settingNames)[number];
type Awaitable<T> = T | Promise<T>;
/** A caller whose token was verified. Where `AUTH=none`, everybody is `anonymous`. */
interface Caller {
  readonly sub: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
}
interface AuthorizeCall {
  readonly caller: Caller;
  /** Undefined for `/chat`, `/models` and other addresses that belong to no room. */
  readonly room: string | undefined;
}
/** `true`: as the token says. `false`: refused with `room-forbidden`. `scopes`: those of the token that are listed here. */
type AuthorizeAnswer = boolean | {
  readonly scopes: readonly Scope[];
};
/** A question on its way into a room. */
interface TurnCall {
  readonly room: string;
  readonly turnId: string;
  readonly caller: Caller;
  readonly input: TurnInput;
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
/** What replaces those fields of the question. Everybody in the room sees the new input; the room stores nothing of the old. */
interface TurnChanges {
  readonly input?: TurnInput;
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}
/** Nothing: the question is accepted as it is. `refuse`: a sentence for the person who asked, up to 500 characters. */
type BeforeTurnAnswer = void | TurnChanges | {
  readonly refuse: string;
};
/** A turn that has ended, durably. */
interface EndedTurn extends SettledTurn {
  readonly room: string;
}
/** Something that happened in a room, as docs/observability.md lists it: names, ids and numbers, nothing of a conversation. */
interface GatewayEventEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly context: {
    readonly room?: string;
    readonly tenant?: string;
  };
  readonly event: {
    readonly name: string;
  };
}
/**
 * Hooks run in your Worker's isolate with its bindings, `authorize` in front of a room and in it, the others in the room. A
 * hook that fails is logged as `hook-failed`, with its name and cause.
 */
interface GatewayHooks<Env> {
  /**
   * Narrows what a verified caller may do in a room. Runs for every request and for every token that a socket shows. Has 5 s.
   * Where it throws or takes longer, the caller is refused with `internal`, which clients try again.
   */
  readonly authorize?: (call: AuthorizeCall, env: Env) => Awaitable<AuthorizeAnswer>;
  /**
   * Rewrites or refuses a question before the room accepts it. Has 5 s. Questions of a room enter it in the order in which they
   * came, however long the hook takes for each. Where it throws, takes longer, or returns something invalid, the question is
   * refused with `internal`, which its person sees. May run twice for one question that a client repeats.
   */
  readonly beforeTurn?: (call: TurnCall, env: Env) => Awaitable<BeforeTurnAnswer>;
  /**
   * Runs once a turn has ended and its end is stored. Nobody waits for it, and it changes nothing. Runs at most once: not for a
   * turn whose room was evicted at that moment.
   */
  readonly afterTurn?: (turn: EndedTurn, env: Env) => Awaitable<void>;
  /** Runs for every event of a room, beside the log. Nobody waits for it. It must return quickly: turns pass through here. */
  readonly onEvent?: (entry: GatewayEventEntry, env: Env) => Awaitable<void>;
}
/** Values of settings by name, as docs/settings.md lists them. */
type GatewaySettings = { readonly [Name in SettingName]?: string | number; };
interface GatewayOptions<Env = unknown> extends GatewayHooks<Env> {
  /**
   * The path under which the gateway answers, such as `/ai`, without a slash at its end. Clients then use
   * `url: "https://example.com/ai"`. Default: none, the gateway answers at the root.
   */
  readonly prefix?: string;
  /** Settings that hold unless the Worker has a variable or a secret of that name. */
  readonly settings?: GatewaySettings;
}
/** A Durable Object class, as wrangler and `DurableObjectNamespace` see it. What is inside is the gateway's own. */
export type ObjectClass = new (ctx: DurableObjectState, env: never) => DurableObject;
export type ChatRoom = DurableObject;
export type Limiter = DurableObject;
export type Metrics = DurableObject;
export type Revocations = DurableObject;
/** One conversation. Bind it as `Chat`. */
export declare const ChatRoom: ObjectClass;
/** Limits across rooms. Bind it as `Limiter`; optional. */
export declare const Limiter: ObjectClass;
/** Counts for `/metrics`. Bind it as `Metrics`; optional. */
export declare const Metrics: ObjectClass;
/** Revoked tokens. Bind it as `Revocations`; optional. */
export declare const Revocations: ObjectClass;
export interface Gateway<Env> {
  /** Answers every request under the prefix, and others with 404. Never rejects. */
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>;
  /** Keeps routes and backend warm (`WARM_ROUTES`); needed only with a cron trigger. */
  scheduled(controller: ScheduledController, env: Env, context: ExecutionContext): Promise<void>;
  /** Whether `fetch` answers this request: its path lies under the prefix. */
  handles(request: Request): boolean;
  /** The classes bound to this gateway, for a Worker with more than one. */
  readonly ChatRoom: ObjectClass;
  readonly Limiter: ObjectClass;
  readonly Metrics: ObjectClass;
  readonly Revocations: ObjectClass;
}
/**
 * Makes the handlers of a Worker. The environment must have the Durable Object binding `Chat`; settings are its variables and
 * secrets (docs/settings.md) and `options.settings`. Throws for options that can't be meant, so that the Worker doesn't start.
 */
export declare function createGateway<Env extends object = Cloudflare.Env>(options?: GatewayOptions<Env>): Gateway<Env>;
export type { AuthorizeAnswer, AuthorizeCall, BeforeTurnAnswer, Caller, EndedTurn, GatewayEventEntry, GatewayHooks, GatewayOptions, GatewaySettings, TurnCall, TurnChanges };