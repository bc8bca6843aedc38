import { base64url, jwtVerify, SignJWT } from "jose";

/** The id of the key in the gateway's AUTH_KEYS. */
const kid = "k1";
/** A secret as `npm run keys -- new AUTH_KEYS` prints it. It stays on the server. */
const key = (name: string) => base64url.decode(process.env[name] ?? "");

export async function POST(request: Request): Promise<Response> {
  const user = await userOf(request);
  if (user === undefined) return new Response("Sign in first.", { status: 401 });
  const { room } = (await request.json()) as { room?: unknown };
  if (typeof room !== "string" || !mayEnter(user, room)) return new Response("You may not enter.", { status: 403 });
  const token = await new SignJWT({ room, scope: "read write" })
    .setProtectedHeader({ alg: "HS256", kid })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime("10 min")
    .sign(key("CHAT_KEY"));
  return new Response(token, { headers: { "cache-control": "no-store" } });
}

/** The user of a session cookie that your sign-in has signed: a cookie alone proves nothing, because anybody can send one. */
async function userOf(request: Request): Promise<string | undefined> {
  const session = /(?:^|; )session=([^;]+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? "";
  const checked = await jwtVerify(session, key("SESSION_KEY"), { algorithms: ["HS256"] }).catch(() => undefined);
  return checked?.payload.sub;
}

/** Your own rule. Here each user has the rooms that begin with the user's name. */
function mayEnter(user: string, room: string): boolean {
  return room.startsWith(`${user}-`);
}
