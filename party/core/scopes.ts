/** The scopes that a token can grant. Which act needs which scope is decided in `principal.ts`. */
export const ALL_SCOPES = ["read", "write", "clear"] as const;
export type Scope = (typeof ALL_SCOPES)[number];
