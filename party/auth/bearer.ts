/** The token of `Authorization: Bearer` (RFC 6750 §2.1), on web standards alone. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}
