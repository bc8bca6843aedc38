/**
 * Applications on the packed package: React, Vue and Svelte, built by Vite and opened in Chromium, and scripts on Node, Deno and
 * Bun. Each asks a real gateway and shows the answer.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Browser } from "playwright-core";
import { compile } from "svelte/compiler";
import { build, type InlineConfig, type Plugin, type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../scripts/package/entries.ts";
import { launchBrowser } from "../support/browser.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";
import { Project } from "./project.ts";

const question = "Say these words";

let stack: TestStack;
let project: Project;

beforeAll(async () => {
  [stack, project] = await Promise.all([startTestStack(), Project.in(inject("packedProject"), "apps")]);
});
afterAll(async () => {
  await stack?.stop();
  await project?.remove();
});

/** What svelte's own plugin does, for one component. */
const svelte: Plugin = {
  name: "svelte",
  transform(code, id) {
    if (!id.endsWith(".svelte")) return undefined;
    return { code: compile(code, { filename: id, generate: "client" }).js.code, map: null };
  },
};

const options = `{ url: new URL(location.href).searchParams.get("gateway") ?? "", room: "app" }`;
const apps: Readonly<Record<string, { readonly main: string; readonly files?: Readonly<Record<string, string>> }>> = {
  react: {
    main: `
      import { StrictMode, useEffect } from "react";
      import { createRoot } from "react-dom/client";
      import { textOf } from "edge-chat-gateway/client";
      import { useChatRoom } from "edge-chat-gateway/react";
      function App() {
        const { turns, actions } = useChatRoom({ ...${options}, room: "react" });
        useEffect(() => void actions.submit(${JSON.stringify(question)}, { turnId: "once" }), [actions]);
        return <p>{turns.map(({ parts }) => textOf(parts))}</p>;
      }
      createRoot(document.getElementById("app")).render(<StrictMode><App /></StrictMode>);`,
  },
  vue: {
    main: `
      import { createApp, h, onMounted } from "vue";
      import { textOf } from "edge-chat-gateway/client";
      import { useChatRoom } from "edge-chat-gateway/vue";
      createApp({
        setup() {
          const { turns, submit } = useChatRoom({ ...${options}, room: "vue" });
          onMounted(() => submit(${JSON.stringify(question)}));
          return () => h("p", turns.value.map(({ parts }) => textOf(parts)));
        },
      }).mount("#app");`,
  },
  svelte: {
    main: `
      import { mount } from "svelte";
      import App from "./App.svelte";
      mount(App, { target: document.getElementById("app") });`,
    files: {
      "App.svelte": `
        <script>
          import { onMount } from "svelte";
          import { textOf } from "edge-chat-gateway/client";
          import { chatRoom } from "edge-chat-gateway/svelte";
          const chat = chatRoom({ ...${options}, room: "svelte" });
          onMount(() => { chat.submit(${JSON.stringify(question)}); });
        </script>
        <p>{#each $chat.turns as turn (turn.id)}{textOf(turn.parts)}{/each}</p>`,
    },
  },
};

describe("a page built by Vite", () => {
  let browser: Browser;
  const servers: PreviewServer[] = [];

  beforeAll(async () => {
    const packages = ["react", "react-dom", "scheduler", "vue", "svelte"];
    await Promise.all(packages.map((name) => project.link(name)));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(servers.map((server) => server.close()));
  });

  test.each(Object.entries(apps))(
    "[C5] with %s shows the answer of the gateway",
    async (name, { main, files = {} }) => {
      await project.write(`${name}/index.html`, '<div id="app"></div><script type="module" src="./main.jsx"></script>');
      await project.write(`${name}/main.jsx`, main);
      for (const [file, text] of Object.entries(files)) await project.write(`${name}/${file}`, text);
      const config: InlineConfig = {
        root: join(project.folder, name),
        configFile: false,
        logLevel: "error",
        plugins: [svelte],
      };
      await build({ ...config, build: { modulePreload: false } });
      const server = await preview({ ...config, preview: { port: 0, host: "127.0.0.1" } });
      servers.push(server);
      const page = await browser.newPage();
      await page.goto(`${server.resolvedUrls?.local[0]}?gateway=${encodeURIComponent(stack.url)}`);
      await expect.poll(() => page.textContent("p")).toBe(question);
      await page.close();
    },
  );
});

const script = `
  import { ChatClient, textOf } from "edge-chat-gateway/client";
  await import("edge-chat-gateway/protocol");
  await import("edge-chat-gateway/svelte");
  await import("edge-chat-gateway/edge");
  const chat = new ChatClient({ url: process.env.GATEWAY, room: process.env.ROOM });
  const id = chat.submit(${JSON.stringify(question)});
  const leave = chat.subscribe(() => {
    const turn = chat.getSnapshot().turns.find((shown) => shown.id === id && shown.state === "settled");
    if (turn === undefined) return;
    leave();
    console.log(textOf(turn.parts));
    chat.close();
  });
`;

/** The machine's own Node, which is not the one that the project brings. */
function systemNode(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const found = folders.map((folder) => join(folder, "node")).find((path) => existsSync(path));
  if (found === undefined) throw new Error("There is no node in PATH beside the project's own.");
  return found;
}

const bin = (name: string) => join(root, "node_modules/.bin", name);
const denoFlags = ["--cached-only", "--node-modules-dir=manual", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env"];
const runtimes: readonly (readonly [name: string, command: () => string, args: readonly string[]])[] = [
  ["the machine's Node", systemNode, []],
  ["the project's Node", () => process.execPath, []],
  ["Deno", () => bin("deno"), ["run", ...denoFlags, "--allow-read", "--allow-sys"]],
  ["Bun", () => bin("bun"), []],
];

test.each(runtimes)("[C4] a script on %s prints the answer of the gateway", async (name, command, args) => {
  const room = name.replaceAll(/\W/g, "-");
  await project.write("script.mjs", script);
  const env = [`GATEWAY=${stack.url}`, `ROOM=${room}`, "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1"];
  expect(await project.run("env", ...env, command(), ...args, "script.mjs")).toBe(`${question}\n`);
});
