/** The library outside of a browser: examples/terminal on Node, Deno and Bun, on the real stack. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WireCutter } from "../../support/network/wire-cutter.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const root = join(import.meta.dirname, "../../..");
const chat = join(root, "examples/terminal/chat.ts");
const bin = (name: string) => join(root, "node_modules/.bin", name);

/** Each runtime may reach this machine alone. */
const runtimes: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ["node", process.execPath, []],
  [
    "deno",
    bin("deno"),
    [
      ...["run", "--cached-only", "--node-modules-dir=manual", "--no-prompt"],
      ...["--allow-net=127.0.0.1", "--allow-env", "--allow-read", "--allow-sys"],
    ],
  ],
  ["bun", bin("bun"), []],
];

let stack: TestStack;
let wire: WireCutter;
const running = new Set<Terminal>();
let rooms = 0;

class Terminal {
  /** The printed conversation, and in `err` the printed states of the connection. */
  out = "";
  err = "";
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;
  #wake: (() => void)[] = [];

  constructor(command: string, args: readonly string[], gateway: string) {
    rooms += 1;
    const env = { ...process.env, GATEWAY: gateway, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    this.#child = spawn(command, [...args, chat, `terminal-${rooms}`], { cwd: root, env });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => this.#take(() => (this.out += text)));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => this.#take(() => (this.err += text)));
    this.ended = new Promise((resolve) =>
      this.#child.on("close", (code) => {
        this.#take(() => running.delete(this));
        resolve(code);
      }),
    );
    running.add(this);
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  endOfInput(): void {
    this.#child.stdin.end();
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Resolves when the output holds `text`. The test's own timeout bounds it. */
  async until(text: string, where: "out" | "err" = "out"): Promise<void> {
    while (!this[where].includes(text)) {
      if (!running.has(this)) throw new Error(`ended without ${text}: ${this.out}\n${this.err}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #take(change: () => void): void {
    change();
    for (const wake of this.#wake.splice(0)) wake();
  }
}

beforeAll(async () => {
  stack = await startTestStack();
  wire = await new WireCutter(stack.url).start();
});
afterAll(async () => {
  wire?.close();
  await stack?.stop();
});
afterEach(() => {
  for (const terminal of running) terminal.kill();
});

const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");

async function stats(): Promise<Record<string, number>> {
  return (await (await fetch(`${stack.backend.url}/model/stats`)).json()) as Record<string, number>;
}

describe.each(runtimes)("[C4] on %s", (_name, command, args) => {
  test("streams, stops with Ctrl-C, goes on, and leaves with the next Ctrl-C", async () => {
    const terminal = new Terminal(command, args, stack.url);
    await terminal.until("[online]", "err");
    const before = await stats();
    terminal.say("Hello 雨 👩‍🚀");
    await terminal.until("Hello 雨 👩‍🚀\n");
    terminal.say(words(3_000));
    await terminal.until("w20 ");
    terminal.interrupt();
    await terminal.until("[cancelled]\n");
    const after = await stats();
    expect([Number(after["aborted"]) - Number(before["aborted"]), after["active"]]).toEqual([1, 0]);
    terminal.say("and on");
    await terminal.until("and on\n");
    terminal.interrupt();
    expect(await terminal.ended).toBe(0);
  });

  test("prints no control characters of an answer, which could rewrite the screen or the clipboard", async () => {
    const terminal = new Terminal(command, args, stack.url);
    await terminal.until("[online]", "err");
    terminal.say("\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009b2J\u202e over");
    await terminal.until(" over\n");
    expect(["\u001b", "\u0007", "\u009b", "\u202e"].filter((control) => terminal.out.includes(control))).toEqual([]);
    expect(terminal.out).toContain("]52;c;ZXZpbA==[2J2J over\n");
    terminal.interrupt();
    expect(await terminal.ended).toBe(0);
  });

  test("resumes an answer after the connection was lost, to the letter; the end of its input waits for it", async () => {
    const terminal = new Terminal(command, args, wire.url);
    await terminal.until("[online]", "err");
    const before = await stats();
    terminal.say(words(200));
    await terminal.until("w20 ");
    wire.cut();
    await terminal.until("[reconnecting]", "err");
    terminal.endOfInput();
    expect(await terminal.ended).toBe(0);
    expect(terminal.out).toBe(`${words(200)}\n`);
    expect(Number((await stats())["started"]) - Number(before["started"])).toBe(1);
  });
});
