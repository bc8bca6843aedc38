/**
 * The client behind a real nginx, with the settings it has when nobody sets any, with those that hold streams back, and with
 * those of docs/transports.md. Run by `npm run test:nginx`, where one is installed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatClient, type TransportName } from "../../client/index.ts";
import { textOf } from "../../shared/content.ts";
import { untilSnapshot } from "../support/client.ts";
import { freePort } from "../support/network/free-port.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

/** What stands in `location /` beside `proxy_pass`. */
const settings: readonly [string, string, TransportName][] = [
  ["default settings", "", "sse"],
  [
    "gzip, and a deaf ear for X-Accel-Buffering",
    "proxy_ignore_headers X-Accel-Buffering; gzip on; gzip_types *;",
    "poll",
  ],
  [
    "the settings for a WebSocket",
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_set_header Host $http_host;',
    "websocket",
  ],
];

interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack?.stop();
});

async function startNginx(target: string, location: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-nginx-"));
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    join(folder, "nginx.conf"),
    `pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${target}; ${location} }
  }
}
`,
  );
  const child: ChildProcess = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-g", "daemon off;"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
  }
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

test.each(settings)(
  "behind nginx with %s every word arrives once, and a stop stops",
  async (name, location, transport) => {
    const nginx = await startNginx(stack.url, location);
    const client = new ChatClient({ url: nginx.url, room: `nginx-${settings.findIndex(([other]) => other === name)}` });
    try {
      const prompt = Array.from({ length: 300 }, (_, index) => `w${index}`).join(" ");
      client.submit(prompt, { params: { tokensPerSecond: 100 } });
      const { turns, connection } = await untilSnapshot(client, (snapshot) => snapshot.turns[0]?.state === "settled");
      expect(turns[0]).toMatchObject({ outcome: "completed" });
      expect(textOf(turns[0]?.parts ?? [])).toBe(prompt);
      expect(connection).toMatchObject({ state: "online", transport });
      const second = client.submit(prompt, { params: { tokensPerSecond: 20 } });
      await untilSnapshot(client, (snapshot) => (snapshot.turns[1]?.length ?? 0) > 0);
      client.cancel(second);
      const stopped = await untilSnapshot(client, (snapshot) => snapshot.turns[1]?.state === "settled");
      expect(stopped.turns[1]).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    } finally {
      client.close();
      await nginx.stop();
    }
  },
);
