/**
 * The package as others get it: packed, installed into an empty project without a registry, imported, type-checked and
 * bundled there.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { packageFolder } from "../../scripts/package/entries.ts";
import { dependencies } from "./packed.ts";
import { Project } from "./project.ts";

const installed = inject("packedProject");
let project: Project;

interface PublishedManifest {
  readonly exports: object;
  readonly dependencies: object;
  readonly peerDependencies: object;
  readonly peerDependenciesMeta: object;
}

async function manifestOf(): Promise<PublishedManifest> {
  return JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as PublishedManifest;
}

beforeAll(async () => {
  project = await Project.in(installed, "consumer");
});
afterAll(() => project?.remove());

test("[C5] it brings four packages and what they need, and no source", async () => {
  const names = (await readdir(join(installed, "node_modules"))).filter((name) => !name.startsWith("."));
  expect(names.toSorted()).toEqual(["edge-chat-gateway", ...dependencies].toSorted());
  expect(Object.keys((await manifestOf()).dependencies)).toEqual(dependencies.slice(0, -1));
  const files = await readdir(join(installed, "node_modules/edge-chat-gateway"), { recursive: true });
  expect(files.filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining(["LICENSE", "README.md", "CHANGELOG.md", "THIRD-PARTY.txt", "dist/client.js"]),
  );
});

test("[C10] it brings the protocol's documents, and what a coding agent reads names only what is there", async () => {
  const folder = join(installed, "node_modules/edge-chat-gateway");
  const imported = await project.evaluate(
    `import api from "edge-chat-gateway/schema/asyncapi.json" with { type: "json" }; console.log(api.asyncapi);`,
  );
  expect(imported.trim()).toBe("3.0.0");
  const { exports } = await manifestOf();
  for (const file of ["llms.txt", "skills/edge-chat-gateway/SKILL.md"]) {
    const text = await readFile(join(folder, file), "utf8");
    const entries = Array.from(text.matchAll(/edge-chat-gateway(\/[a-z][\w/-]*)(?=[`"])/g), ([, name]) => `.${name}`);
    expect(entries.filter((entry) => !Object.hasOwn(exports, entry))).toEqual([]);
    const files = Array.from(text.matchAll(/`((?:schema|skills)\/[\w./-]+)`/g), ([, name = ""]) => name);
    await Promise.all(files.map((name) => readFile(join(folder, name))));
  }
});

test("[C5] every peer is optional, because each belongs to some entries only", async () => {
  const { peerDependencies, peerDependenciesMeta } = await manifestOf();
  expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies));
});

test("[C5] every built module has its source map, with the sources in it", async () => {
  const folder = join(installed, "node_modules/edge-chat-gateway/dist");
  const modules = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".js"));
  for (const module of modules) {
    const code = await readFile(join(folder, module), "utf8");
    if (!/^(?:const|let|function|class|async) /m.test(code)) continue; // It only passes on what other modules export.
    const map = JSON.parse(await readFile(join(folder, `${module}.map`), "utf8")) as { sourcesContent?: unknown[] };
    expect(map.sourcesContent?.length, module).toBeGreaterThan(0);
  }
});

test("the client and the wire need neither React nor the AI SDK", async () => {
  const names = await project.evaluate(`
    const { ChatClient, textOf } = await import("edge-chat-gateway/client");
    const { clientFrame, ERRORS } = await import("edge-chat-gateway/protocol");
    console.log(typeof ChatClient, textOf([{ type: "text-delta", delta: "hi" }]), clientFrame !== undefined, ERRORS.internal.status);`);
  expect(names.trim()).toBe("function hi true 500");
});

describe("in a project with React and the AI SDK", () => {
  beforeAll(async () => {
    for (const name of [
      "react",
      "react-dom",
      "@types/react",
      "@types/react-dom",
      "csstype",
      "ai",
      "@ai-sdk/react",
      "vue",
      "@nestjs/common",
      "rxjs",
    ]) {
      await project.link(name);
    }
  });

  test("[C5] every entry of `exports` can be imported", async () => {
    const entries = Object.keys((await manifestOf()).exports).filter(
      // A Worker's entry imports what Cloudflare's runtime alone has: see workers.test.ts.
      (entry) => !entry.endsWith(".json") && entry !== "./server",
    );
    const imports = entries.map(
      (entry) => `["${entry.slice(2)}", Object.keys(await import("edge-chat-gateway${entry.slice(1)}")).sort()]`,
    );
    const names = Object.fromEntries(
      JSON.parse(await project.evaluate(`console.log(JSON.stringify([${imports.join(", ")}]))`)) as [
        string,
        string[],
      ][],
    );
    expect(names).toMatchObject({
      client: expect.arrayContaining(["ChatClient", "textOf"]),
      react: expect.arrayContaining(["useChatRoom", "useComposer", "transcriptOf"]),
      vue: ["useChatRoom"],
      svelte: ["chatRoom"],
      "ai-sdk": ["RoomChatTransport"],
      tools: ["chainsOf", "messageIdOf", "pendingCalls", "roomTools"],
      "ai-sdk-react": ["useRoomChat"],
      protocol: expect.arrayContaining(["clientFrame", "foldFrame", "UiMessageWriter"]),
      edge: ["serveBridge"],
      "edge/vercel": ["vercelEdge", "vercelFunction"],
      "edge/netlify": ["netlifyConfig", "netlifyEdge"],
      nestjs: expect.arrayContaining(["EdgeChatController", "EdgeChatModule", "GatewayGuard", "resumable"]),
    });
  });

  test("the types of the NestJS entry refuse a controller without an answer, wrong options and wrong events", async () => {
    await project.typeCheck(
      `
      import { EdgeChatController, EdgeChatModule, resumable } from "edge-chat-gateway/nestjs";
      import { of } from "rxjs";
      @EdgeChatController("model/chat")
      export class Chat {
        async *answer({ prompt }: { prompt: string }, signal: AbortSignal) {
          if (!signal.aborted) yield prompt;
        }
      }
      // @ts-expect-error it has no method answer
      @EdgeChatController()
      export class Silent {}
      const url: string | undefined = undefined;
      EdgeChatModule.forRoot({ gatewayUrl: url, resumable: { holdMs: 0 } });
      EdgeChatModule.forRootAsync({ useFactory: async (given: string) => ({ gatewayUrl: given }), inject: ["x"] });
      // @ts-expect-error there is no such option
      EdgeChatModule.forRoot({ gateway: "https://x" });
      resumable(of("text", { type: "delta", data: "more" } as const));
      resumable(() => of({ type: "text-delta", id: "t", delta: "x" } as const));
      // @ts-expect-error a delta has its text in data
      resumable(of({ type: "delta", text: "x" } as const));
      `,
      { skipLibCheck: true, experimentalDecorators: true },
    );
  });

  const page = `
    import { ChatClient, type ChatSnapshot, textOf } from "edge-chat-gateway/client";
    import { useChatRoom } from "edge-chat-gateway/react";
    import { foldFrame, EMPTY_VIEW } from "edge-chat-gateway/protocol";

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
    await project.typeCheck(page, { module, moduleResolution: resolution, skipLibCheck: false });
  });

  test.each(["ai5", "ai6", "ai"])("[C5] its transport is one to the types of %s", async (version) => {
    await project.link(version, "ai");
    await project.typeCheck(
      `
      import type { ChatTransport, UIMessage } from "ai";
      import { type GatewayData, RoomChatTransport } from "edge-chat-gateway/ai-sdk";
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
    await project.link("ai");
    await project.typeCheck(
      `
      import type { UIMessage } from "ai";
      import { type GatewayData } from "edge-chat-gateway/ai-sdk";
      import { useRoomChat } from "edge-chat-gateway/ai-sdk-react";
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
    const entry = join(project.folder, "small.js");
    await project.write("small.js", 'import { textOf } from "edge-chat-gateway/protocol"; console.log(textOf([]));');
    const options = { write: false, modulePreload: false, rolldownOptions: { input: entry } } as const;
    const result = await build({ root: project.folder, configFile: false, logLevel: "error", build: options });
    const code = "output" in result ? result.output.map((file) => ("code" in file ? file.code : "")).join("") : "";
    expect(code).toContain("console.log");
    expect(code.length).toBeLessThan(500);
  });
});
