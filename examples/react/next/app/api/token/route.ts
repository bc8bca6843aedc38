import { SignJWT } from "jose";

/** What the gateway's AUTH_KEYS has under this id. It stays on the server. */
const kid = "k1";
const key = () => new TextEncoder().encode(process.env["CHAT_KEY"]);

export async function POST(request: Request): Promise<Response> {
  const user = await userOf(request);
  if (user === undefined) return new Response("Sign in first.", { status: 401 });
  const token = await new SignJWT({ room: "*", scope: "read write" })
    .setProtectedHeader({ alg: "HS256", kid })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime("10 min")
    .sign(key());
  return new Response(token, { headers: { "cache-control": "no-store" } });
}

/** However your app knows who asks. */
async function userOf(request: Request): Promise<string | undefined> {
  return /(?:^|; )user=([^;]+)/.exec(request.headers.get("cookie") ?? "")?.[1];
}
