/**
 * Keys that tokens of clients are signed with, by `kid`. Each key is good for one algorithm, which its kind decides and
 * never the token (RFC 8725 §3.1): a public key is thus never taken for a secret.
 */
export type TokenAlgorithm = "HS256" | "EdDSA" | "ES256" | "RS256";

export interface VerifyKey {
  readonly alg: TokenAlgorithm;
  readonly key: CryptoKey | Uint8Array;
}

/** What happens to keys, for the audit log. */
export type KeyEvent =
  | { readonly name: "key-first-used"; readonly kid: string }
  | { readonly name: "key-rejected"; readonly kid: string }
  | { readonly name: "key-retired"; readonly kid: string }
  /** The key set could not be fetched or read; what was known holds. */
  | { readonly name: "keys-unread"; readonly cause: unknown };

export interface KeySource {
  /** Undefined for a key nobody knows. Rejects when that cannot be found out. */
  find(kid: string): Promise<VerifyKey | undefined>;
}

export const kidPattern = /^[A-Za-z0-9_.:-]{1,128}$/;
