/**
 * What each call to the backend carries to show that it is ours: a token signed for it, or one fetched from a service of the
 * operator's and used until shortly before it runs out. No key of a model provider is ever here.
 */
import * as z from "zod/mini";
import { defined } from "../../../shared/defined.ts";
import { jsonOr } from "../../../shared/parse-json.ts";
import type { Clock } from "../../core/ports.ts";
import { readBounded } from "../../platform/read-bounded.ts";
import { SharedFetch } from "../../platform/shared-fetch.ts";
import type { UpstreamAuthSetting } from "./upstream-auth-settings.ts";
import {
  importSigningKey,
  mintUpstreamToken,
  type PublicSigningJwk,
  type SignedRequest,
  type SigningKey,
  type UpstreamClaims,
} from "./upstream-token.ts";

/** For the audit log: which token was made for which generation, with which key. */
export interface UpstreamTokenEvent {
  readonly name: "upstream-token";
  readonly kid: string;
  readonly tokenId: string;
  readonly generationId?: string;
}

export interface UpstreamAuthOptions {
  readonly setting: UpstreamAuthSetting;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly report: (event: UpstreamTokenEvent) => void;
}

/** A fetched token is not used in its last seconds: a call takes its time to arrive. */
const fetchedMarginMs = 30_000;
const fetchTimeoutMs = 5_000;

/** The token and its life, with room for what a service adds. */
const maxAnswerBytes = 65_536;
const tokenAnswer = z.object({
  access_token: z.string().check(z.minLength(1), z.maxLength(8_192), z.regex(/^[\x21-\x7e]+$/)),
  expires_in: z.number().check(z.minimum(1), z.maximum(86_400)),
});

interface FetchedToken {
  readonly text: string;
  readonly goodUntil: number;
}

/** What the requests of an isolate share. */
interface IsolateToken {
  readonly shared: SharedFetch;
  token: FetchedToken | undefined;
}

/** Imported keys and fetched tokens by setting, which lives as long as the isolate's configuration. */
const keysOf = new WeakMap<UpstreamAuthSetting, readonly SigningKey[]>();
const fetchedOf = new WeakMap<UpstreamAuthSetting, IsolateToken>();

export class UpstreamAuth {
  readonly #options: UpstreamAuthOptions;

  constructor(options: UpstreamAuthOptions) {
    this.#options = options;
  }

  /** The header of one call; nothing where the backend asks for none. Rejects when no token can be had. */
  async headers(claims: UpstreamClaims, request: SignedRequest): Promise<Record<string, string>> {
    const { setting } = this.#options;
    switch (setting.mode) {
      case "none":
      case "forward":
        return {};
      case "sign":
        return { authorization: `Bearer ${await this.#mint(setting, claims, request)}` };
      case "fetch":
        return { authorization: `Bearer ${await this.#fetched(setting)}` };
    }
  }

  async #mint(
    setting: UpstreamAuthSetting & { mode: "sign" },
    claims: UpstreamClaims,
    request: SignedRequest,
  ): Promise<string> {
    const [key] = await signingKeys(setting);
    if (key === undefined) throw new Error("no signing key");
    const now = this.#options.clock.now();
    const { token, tokenId } = await mintUpstreamToken(key, setting.audience, claims, request, now);
    const about = claims.generation === undefined ? {} : { generationId: claims.generation };
    this.#options.report({ name: "upstream-token", kid: key.kid, tokenId, ...about });
    return token;
  }

  async #fetched(setting: UpstreamAuthSetting & { mode: "fetch" }): Promise<string> {
    const { clock } = this.#options;
    const isolate = fetchedOf.get(setting) ?? { shared: new SharedFetch(clock), token: undefined };
    fetchedOf.set(setting, isolate);
    const known = isolate.token;
    if (known !== undefined && clock.now() < known.goodUntil) return known.text;
    await isolate.shared.share(async () => {
      isolate.token = await this.#fetch(setting);
    });
    if (isolate.token === undefined) throw new Error("token service: no token");
    return isolate.token.text;
  }

  async #fetch(setting: UpstreamAuthSetting & { mode: "fetch" }): Promise<FetchedToken> {
    const askedAt = this.#options.clock.now();
    const { client, url } = setting;
    const authorization = client === undefined ? undefined : `Basic ${btoa(client)}`;
    const response = await this.#options.fetch(url, {
      method: "POST",
      headers: defined({
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
        authorization,
      }),
      body: "grant_type=client_credentials",
      redirect: "manual",
      signal: AbortSignal.timeout(fetchTimeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`token service: status ${response.status}`);
    }
    const text = await readBounded(response, maxAnswerBytes);
    const answer = tokenAnswer.safeParse(jsonOr(text ?? "", maxAnswerBytes));
    if (!answer.success) throw new Error("token service: no access_token and expires_in");
    const lifeMs = answer.data.expires_in * 1_000;
    const goodUntil = askedAt + lifeMs - Math.min(fetchedMarginMs, lifeMs / 2);
    return { text: answer.data.access_token, goodUntil };
  }
}

/** The public keys, for `/.well-known/jwks.json`. */
export async function publicKeys(setting: UpstreamAuthSetting): Promise<readonly PublicSigningJwk[]> {
  return setting.mode === "sign" ? (await signingKeys(setting)).map(({ publicJwk }) => publicJwk) : [];
}

async function signingKeys(setting: UpstreamAuthSetting & { mode: "sign" }): Promise<readonly SigningKey[]> {
  const known = keysOf.get(setting);
  if (known !== undefined) return known;
  const keys = await Promise.all(Array.from(setting.seeds, ([kid, seed]) => importSigningKey(kid, seed)));
  keysOf.set(setting, keys);
  return keys;
}
