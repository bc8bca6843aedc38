/** The options of `EdgeChatModule`, and what they become. Options that can't be used end the start with a sentence. */
import { z } from "zod";
import { defaultResumableOptions, type ResumableOptions } from "./generations/limits.ts";
import { type UsedTokenStore, UsedTokens } from "./guard/used-tokens.ts";

export interface EdgeChatOptions {
  /**
   * The gateway's address, `https://chat.example.com`: its public keys are read from `/.well-known/jwks.json` there, and only
   * calls that it signed are served (`UPSTREAM_SIGNING_KEYS` in its settings). Without it anybody may call, which suits
   * development; a warning at start says so.
   */
  readonly gatewayUrl?: string | undefined;
  /** Where the gateway's public keys are, in place of `gatewayUrl`. */
  readonly jwksUrl?: string | undefined;
  /** The `aud` of the gateway's tokens, `UPSTREAM_AUDIENCE` in its settings. `model-backend` if absent. */
  readonly audience?: string | undefined;
  /** Allows `http` addresses beyond loopback, for a private network. */
  readonly allowHttp?: boolean | undefined;
  /** Shared by all instances of a service, so that a token can't be used once on each. In memory if absent. */
  readonly usedTokens?: UsedTokenStore | undefined;
  /** How long and how much of answers is kept. */
  readonly resumable?: Partial<ResumableOptions> | undefined;
}

/** Options as they are used. */
export interface EdgeChatSettings {
  /** Undefined lets everybody in. */
  readonly jwksUrl: URL | undefined;
  readonly audience: string;
  readonly usedTokens: UsedTokenStore;
  readonly resumable: ResumableOptions;
}

/** Injects the settings of the module. */
export const EDGE_CHAT_SETTINGS = Symbol("EDGE_CHAT_SETTINGS");

const defaultAudience = "model-backend";
const address = z.url({
  protocol: /^https?$/,
  error: ({ input }) =>
    `must be an http(s) URL such as https://chat.example.com, and ${JSON.stringify(input)} isn't one.`,
});
/** The longest time that a timer of Node can wait, in milliseconds: 24 days. */
const longestTimerMs = 2 ** 31 - 1;
const amount = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  z
    .int({ error: ({ input }) => `must be a whole number, and ${String(input)} isn't one.` })
    .min(min, `must be at least ${min}.`)
    .max(max, `must be at most ${max}.`);
const time = (min: number) => amount(min, longestTimerMs).optional();
const count = amount(1).optional();

const schema = z.strictObject({
  gatewayUrl: address.optional(),
  jwksUrl: address.optional(),
  audience: z.string().min(1, "must not be empty. Leave it out, or give UPSTREAM_AUDIENCE of the gateway.").optional(),
  allowHttp: z.boolean("must be true or false.").optional(),
  usedTokens: z
    .custom<UsedTokenStore>(
      (value) => typeof value === "object" && value !== null && "use" in value && typeof value.use === "function",
      "needs a method use(id, until, now) that returns whether this is the first use.",
    )
    .optional(),
  resumable: z
    .strictObject({
      holdMs: time(0),
      keepMs: time(0),
      tombstoneMs: time(0),
      heartbeatMs: time(1),
      stopConfirmMs: time(1),
      maxGenerationBytes: count,
      maxBufferedBytes: count,
      maxKept: count,
      maxActive: count,
      maxTombstones: count,
    })
    .optional(),
});

/** @throws Error that names each option that can't be used, says why, and shows none but addresses and numbers. */
export function parseEdgeChatOptions(options: EdgeChatOptions): EdgeChatSettings {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new EdgeChatOptionsError(parsed.error.issues.map(sentenceOf));
  const { gatewayUrl, jwksUrl, audience, allowHttp = false, usedTokens, resumable = {} } = parsed.data;
  if (gatewayUrl !== undefined && jwksUrl !== undefined) {
    throw new EdgeChatOptionsError([
      "gatewayUrl and jwksUrl are both given. Leave one out: each says where the keys are.",
    ]);
  }
  const name = gatewayUrl === undefined ? "jwksUrl" : "gatewayUrl";
  const keys = gatewayUrl === undefined ? jwksUrl : `${gatewayUrl.replace(/\/+$/, "")}/.well-known/jwks.json`;
  if (keys === undefined && (audience !== undefined || usedTokens !== undefined)) {
    const unused = audience === undefined ? "usedTokens" : "audience";
    throw new EdgeChatOptionsError([`${unused} has no use without gatewayUrl. Give the gateway's address, too.`]);
  }
  const url = keys === undefined ? undefined : new URL(keys);
  if (url !== undefined && !allowHttp && !isEncryptedOrLocal(url)) {
    throw new EdgeChatOptionsError([
      `${name} is an http URL beyond loopback, so anybody on the way can replace the keys. Use https, or set allowHttp: true if the network is private.`,
    ]);
  }
  return {
    jwksUrl: url,
    audience: audience ?? defaultAudience,
    usedTokens: usedTokens ?? new UsedTokens(),
    resumable: { ...defaultResumableOptions, ...definedOf(resumable) },
  };
}

export class EdgeChatOptionsError extends Error {
  override readonly name = "EdgeChatOptionsError";
  constructor(sentences: readonly string[]) {
    super(`EdgeChatModule: ${sentences.join(" ")}`);
  }
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const name = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(name === "" ? schema.shape : schema.shape.resumable.unwrap().shape).join(", ");
    const place = name === "" ? "" : ` in ${name}`;
    return `There is no option ${issue.keys.join(", ")}${place}. The options are ${known}.`;
  }
  return name === "" ? "The options must be an object." : `${name} ${issue.message}`;
}

function isEncryptedOrLocal({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || /^(?:localhost|.+\.localhost|\[::1\]|127(?:\.\d{1,3}){3})$/.test(hostname);
}

/** An option that is given as undefined is one that isn't given. */
function definedOf(
  limits: { readonly [Name in keyof ResumableOptions]?: number | undefined },
): Partial<ResumableOptions> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
