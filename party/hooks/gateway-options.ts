/**
 * The options of `createGateway` and the hooks among them: what each gets, what it may return, and what happens when it throws
 * or is slow. Public types, which a user of `edge-chat-gateway/server` reads.
 */
import type { TurnInput } from "../../shared/protocol/client-frames.ts";
import type { SettledTurn } from "../core/ports.ts";
import type { Scope } from "../core/scopes.ts";
import type { SettingName } from "./setting-names.ts";

type Awaitable<T> = T | Promise<T>;

/** A caller whose token was verified. Where `AUTH=none`, everybody is `anonymous`. */
export interface Caller {
  readonly sub: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
}

export interface AuthorizeCall {
  readonly caller: Caller;
  /** Undefined for `/chat`, `/models` and other addresses that belong to no room. */
  readonly room: string | undefined;
}

/** `true`: as the token says. `false`: refused with `room-forbidden`. `scopes`: those of the token that are listed here. */
export type AuthorizeAnswer = boolean | { readonly scopes: readonly Scope[] };

/** A question on its way into a room. */
export interface TurnCall {
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
export interface TurnChanges {
  readonly input?: TurnInput;
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Nothing: the question is accepted as it is. `refuse`: a sentence for the person who asked, up to 500 characters. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement is typed `void`.
export type BeforeTurnAnswer = void | TurnChanges | { readonly refuse: string };

/** A turn that has ended, durably. */
export interface EndedTurn extends SettledTurn {
  readonly room: string;
}

/** Something that happened in a room, as docs/observability.md lists it: names, ids and numbers, nothing of a conversation. */
export interface GatewayEventEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly context: { readonly room?: string; readonly tenant?: string };
  readonly event: { readonly name: string };
}

/**
 * Hooks run in your Worker's isolate with its bindings, `authorize` in front of a room and in it, the others in the room. A
 * hook that fails is logged as `hook-failed`, with its name and cause.
 */
export interface GatewayHooks<Env> {
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
export type GatewaySettings = { readonly [Name in SettingName]?: string | number };

export interface GatewayOptions<Env = unknown> extends GatewayHooks<Env> {
  /**
   * The path under which the gateway answers, such as `/ai`, without a slash at its end. Clients then use
   * `url: "https://example.com/ai"`. Default: none, the gateway answers at the root.
   */
  readonly prefix?: string;
  /** Settings that hold unless the Worker has a variable or a secret of that name. */
  readonly settings?: GatewaySettings;
}
