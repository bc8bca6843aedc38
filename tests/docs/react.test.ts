// @vitest-environment happy-dom
/** docs/react.md compared with the files it shows, which are compiled as in a fresh app and called. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { base64url, jwtVerify, SignJWT } from "jose";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test, vi } from "vitest";
import { POST } from "../../examples/react/app/api/token/route.ts";
import { ChatRoom } from "../../examples/react/chat-room.tsx";

const root = join(import.meta.dirname, "../..");
const doc = readFileSync(join(root, "docs/react.md"), "utf8");
const blocks = [...doc.matchAll(/^```tsx? (examples\/\S+)\n([\s\S]*?)^```$/gm)];

test("the page shows the recipes as they are", () => {
  expect(blocks).not.toEqual([]);
  for (const [, path = "", shown] of blocks)
    expect([path, shown]).toEqual([path, readFileSync(join(root, path), "utf8")]);
});

test("the recipe renders on a server: a room that is connecting", () => {
  expect(renderToString(createElement(ChatRoom, { room: "lobby" }))).toContain(">connecting</p>");
});

/** The compiler options that `create-next-app` writes, which allow no imports of `.tsx` files by that name. */
const freshOptions = {
  ...{ target: "ES2017", lib: ["dom", "dom.iterable", "esnext"], skipLibCheck: true, strict: true, noEmit: true },
  ...{ esModuleInterop: true, module: "esnext", moduleResolution: "bundler", isolatedModules: true, jsx: "react-jsx" },
  types: ["node", "react"],
};

test("the recipes compile in a fresh app, where the page says to put them", async () => {
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const app = await mkdtemp(join(cache, "fresh-app-"));
  try {
    for (const file of ["chat-room.tsx", "app", "vite"]) {
      await cp(join(root, "examples/react", file), join(app, file), { recursive: true });
    }
    await symlink(join(root, "node_modules"), join(app, "node_modules"));
    const paths = Object.fromEntries(
      Object.entries({ client: "client/index.ts", react: "client/react.tsx", protocol: "shared/index.ts" }).map(
        ([entry, source]) => [`edge-chat-gateway/${entry}`, [join(root, source)]],
      ),
    );
    await writeFile(
      join(app, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { ...freshOptions, paths },
        include: ["**/*.ts", "**/*.tsx"],
        exclude: ["node_modules"],
      }),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      app,
    ]).catch((error: { stdout: string }) => error);
    // The library's own sources are not compiled with these options.
    expect(stdout.split("\n").filter((line) => /^(?:\S*fresh-app-[^/]+\/)?(?:app|vite|chat-room)/.test(line))).toEqual(
      [],
    );
  } finally {
    await rm(app, { recursive: true, force: true });
  }
});

describe("the token route", () => {
  const keys = { CHAT_KEY: randomBytes(32).toString("base64url"), SESSION_KEY: randomBytes(32).toString("base64url") };
  const session = (secret: string, user: string) =>
    new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject(user).sign(base64url.decode(secret));
  const ask = (cookie: string, room: unknown) => {
    for (const [name, value] of Object.entries(keys)) vi.stubEnv(name, value);
    const headers = { cookie };
    // A browser's own Request drops the cookie header.
    const request = { headers: new Map(Object.entries(headers)), json: async () => ({ room }) };
    return POST(request as unknown as Request);
  };

  test("signs a token for one room with the decoded key, as AUTH_KEYS reads it", async () => {
    const response = await ask(`a=b; session=${await session(keys.SESSION_KEY, "anna")}`, "anna-1");
    const { payload, protectedHeader } = await jwtVerify(
      await response.text(),
      Buffer.from(keys.CHAT_KEY, "base64url"),
    );
    expect([protectedHeader.kid, payload.sub, payload["room"], payload["scope"]]).toEqual([
      "k1",
      "anna",
      "anna-1",
      "read write",
    ]);
  });

  test("doesn't trust a cookie that the sign-in has not signed", async () => {
    const forged = await session(randomBytes(32).toString("base64url"), "anna");
    for (const cookie of ["", "session=anna", "user=anna", `session=${forged}`]) {
      expect([cookie, (await ask(cookie, "anna-1")).status]).toEqual([cookie, 401]);
    }
  });

  test("gives no token for a room that the user may not enter", async () => {
    const cookie = `session=${await session(keys.SESSION_KEY, "anna")}`;
    for (const room of ["ben-1", "", undefined, 7]) expect((await ask(cookie, room)).status).toBe(403);
  });
});
