/**
 * The package as others get it: packed, installed into an empty project without a registry, imported, type-checked and
 * bundled there.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageFolder } from "../../../scripts/lib/package.ts";

const root = join(import.meta.dirname, "../../..");
const ours = (name: string) => join(root, "node_modules", name);
/** What it brings, and last what that brings. */
const dependencies = ["partysocket", "zod", "event-target-polyfill"];
let project: string;

/** Runs in the project, with nothing to reach beyond this machine. Rejects with what it printed when it fails. */
async function run(command: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, npm_config_registry: "http://127.0.0.1:9", npm_config_update_notifier: "false" };
  return promisify(execFile)(command, args, { cwd: project, env }).then(
    ({ stdout }) => stdout,
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${command} ${args[0]}: ${error.stdout ?? ""}${error.stderr ?? ""}`);
    },
  );
}

const npm = (...args: string[]) => run("npm", ...args);
const node = (code: string) => run(process.execPath, "--input-type=module", "--eval", code);

/** What an application has installed beside it, as far as this repository has it too. */
async function link(name: string, as = name): Promise<void> {
  const path = join(project, "node_modules", as);
  await rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  await symlink(await realpath(ours(name)), path);
}

async function typeCheck(source: string, options: object = {}): Promise<string> {
  await writeFile(join(project, "consumer.tsx"), source);
  const compilerOptions = {
    ...{ target: "ES2024", module: "NodeNext", strict: true, noEmit: true, jsx: "react-jsx", types: [] },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, lib: ["ES2024", "DOM", "DOM.Iterable"] },
    ...options,
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.tsx"] }));
  return run(process.execPath, ours("typescript/bin/tsc"), "-p", ".");
}

async function manifestOf(): Promise<{ exports: object; dependencies: object }> {
  return JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as Awaited<
    ReturnType<typeof manifestOf>
  >;
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "edge-chat-gateway-package-"));
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const packed = (await npm("pack", packageFolder, "--silent")).trim();
  const others = dependencies.map(ours);
  await npm(
    "install",
    "--offline",
    "--install-links",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    packed,
    ...others,
  );
});

afterAll(async () => {
  await rm(project, { recursive: true, force: true });
});

test("[C5] it brings a socket, a parser of event streams and a schema library, and nothing of the gateway", async () => {
  const installed = (await readdir(join(project, "node_modules"))).filter((name) => !name.startsWith("."));
  expect(installed.toSorted()).toEqual(["edge-chat-gateway", ...dependencies].toSorted());
  expect(Object.keys((await manifestOf()).dependencies)).toEqual(dependencies.slice(0, -1));
  const files = await readdir(join(project, "node_modules/edge-chat-gateway"), { recursive: true });
  expect(files.filter((file) => /party\/|demo|\.tsx?$/.test(file) && !file.endsWith(".d.ts"))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "client/index.js", "client/index.d.ts"]));
});

test("the client and the wire need neither React nor the AI SDK", async () => {
  const names = await node(`
    const { ChatClient, textOf } = await import("edge-chat-gateway/client");
    const { clientFrame, ERRORS } = await import("edge-chat-gateway/shared");
    console.log(typeof ChatClient, textOf([{ type: "text-delta", delta: "hi" }]), clientFrame !== undefined, ERRORS.internal.status);`);
  expect(names.trim()).toBe("function hi true 500");
});

describe("in a project with React and the AI SDK", () => {
  beforeAll(async () => {
    for (const name of ["react", "react-dom", "@types/react", "@types/react-dom", "csstype", "ai", "@ai-sdk/react"]) {
      await link(name);
    }
  });

  test("[C5] every entry of `exports` can be imported", async () => {
    const entries = Object.keys((await manifestOf()).exports).filter((entry) => !entry.endsWith(".json"));
    expect(entries).toEqual(["./client", "./client/react", "./client/ai-sdk", "./client/ai-sdk-react", "./shared"]);
    const imports = entries.map((entry) => `Object.keys(await import("edge-chat-gateway${entry.slice(1)}")).sort()`);
    const names = JSON.parse(await node(`console.log(JSON.stringify([${imports.join(", ")}]))`)) as string[][];
    expect(names[0]).toEqual(expect.arrayContaining(["ChatClient", "textOf"]));
    expect(names[1]).toEqual(expect.arrayContaining(["useChatRoom", "useComposer", "transcriptOf"]));
    expect(names[2]).toEqual(["RoomChatTransport"]);
    expect(names[3]).toEqual(["useRoomChat"]);
    expect(names[4]).toEqual(expect.arrayContaining(["clientFrame", "foldFrame", "UiMessageWriter"]));
  });

  const page = `
    import { ChatClient, type ChatSnapshot, textOf } from "edge-chat-gateway/client";
    import { useChatRoom } from "edge-chat-gateway/client/react";
    import { foldFrame, EMPTY_VIEW } from "edge-chat-gateway/shared";

    export function Chat({ room }: { room: string }) {
      const { turns, submit, actions } = useChatRoom({ room });
      const id: string = submit("hi", { onLeave: "keep" });
      return <button onClick={() => actions.cancel(id)}>{turns.map((turn) => textOf(turn.parts))}</button>;
    }
    export const snapshot: ChatSnapshot = new ChatClient({ url: "https://x", room: "r" }).getSnapshot();
    export const { view } = foldFrame(EMPTY_VIEW, { type: "presence", viewers: 1 });
    // @ts-expect-error a room must be named
    new ChatClient({});
  `;

  test.each(["NodeNext", "bundler"])("its types hold for a consumer that resolves as %s does", async (resolution) => {
    const module = resolution === "bundler" ? "ESNext" : resolution;
    await typeCheck(page, { module, moduleResolution: resolution, skipLibCheck: false });
  });

  test.each(["ai5", "ai6", "ai"])("[C5] its transport is one to the types of %s", async (version) => {
    await link(version, "ai");
    await typeCheck(
      `
      import type { ChatTransport, UIMessage } from "ai";
      import { type GatewayData, RoomChatTransport } from "edge-chat-gateway/client/ai-sdk";
      type Mine = UIMessage<{ mood?: string }, { gateway: GatewayData }>;
      export const plain: ChatTransport<UIMessage> = new RoomChatTransport({ url: "https://x" });
      export const mine: ChatTransport<Mine> = new RoomChatTransport<Mine>();
      export const setMessages = (messages: Mine[]) => messages;
      new RoomChatTransport<Mine>().follow("chat", ({ messages }) => setMessages(messages));
      `,
      { skipLibCheck: true },
    );
  });

  test("its hook has the types of `useChat`", async () => {
    await link("ai");
    await typeCheck(
      `
      import type { UIMessage } from "ai";
      import { type GatewayData } from "edge-chat-gateway/client/ai-sdk";
      import { useRoomChat } from "edge-chat-gateway/client/ai-sdk-react";
      type Mine = UIMessage<{ mood?: string }, { gateway: GatewayData }>;
      export function useMine() {
        const { messages, sendMessage, stop, connection } = useRoomChat<Mine>({
          id: "lobby",
          url: "https://x",
          token: (room) => room,
          onData: ({ data }) => console.log(data),
        });
        const state: string = connection.state;
        return { first: messages[0]?.metadata?.mood, state, stop, ask: () => sendMessage({ text: "hi" }) };
      }
      `,
      { skipLibCheck: true },
    );
  });

  test("[C5] who imports one function gets that function", async () => {
    const entry = join(project, "small.js");
    await writeFile(entry, 'import { textOf } from "edge-chat-gateway/shared"; console.log(textOf([]));');
    const options = { write: false, modulePreload: false, rolldownOptions: { input: entry } } as const;
    const result = await build({ root: project, configFile: false, logLevel: "error", build: options });
    const code = "output" in result ? result.output.map((file) => ("code" in file ? file.code : "")).join("") : "";
    expect(code).toContain("console.log");
    expect(code.length).toBeLessThan(500);
  });
});
