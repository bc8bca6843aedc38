/** What people see of a backend that misbehaves, and of a tenant at its limit: the page in both languages, in Chromium. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import { STRINGS } from "../../../examples/chat-page/language/strings.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { type Locale, MESSAGES } from "../../../shared/protocol/messages.ts";
import { startFaultyUpstream } from "../../support/backends/faulty-upstream.ts";
import { faultList } from "../../support/backends/faulty-upstream-table.ts";
import { launchBrowser } from "../../support/browser.ts";
import { untilSnapshot } from "../../support/client.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

interface Reader {
  readonly locale: Locale;
  readonly page: Page;
}

/** The same room in each language. */
function openIn(url: string): Promise<Reader[]> {
  const opened = (["en", "zh-CN"] as const).map(async (locale) => {
    const context = await browser.newContext({ locale: locale === "en" ? "en-US" : locale });
    const page = await context.newPage();
    page.setDefaultTimeout(hangAfterMs);
    await page.goto(url);
    await page
      .getByRole("banner")
      .getByText(locale === "en" ? "Online" : "已连接")
      .waitFor();
    return { locale, page };
  });
  return Promise.all(opened);
}

async function ask({ page }: Reader, question: string): Promise<void> {
  const box = page.getByRole("textbox").first();
  await box.fill(question);
  await box.press("Enter");
}

const sentence = ({ locale }: Reader, code: string): string => MESSAGES[locale][code] ?? expect.unreachable(code);

/** Each says it of its newest turn. */
async function untilSaid(readers: readonly Reader[], said: (reader: Reader) => string): Promise<void> {
  await Promise.all(
    readers.map((reader) => reader.page.locator(".turn").last().getByText(said(reader)).first().waitFor()),
  );
}

describe("[U4] [U5] a backend that misbehaves", () => {
  let gateway: Part;
  let persistTo: string;
  let upstream: Awaited<ReturnType<typeof startFaultyUpstream>>;
  let readers: Reader[];

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-faults-"));
    const vars = {
      ...{ HEADERS_TIMEOUT_MS: "1500", FIRST_TOKEN_TIMEOUT_MS: "1500", SILENCE_TIMEOUT_MS: "1500" },
      ...{ TURN_TIMEOUT_MS: "5000", MAX_ATTEMPTS: "3", BACKOFF_BASE_MS: "5", BACKOFF_MAX_MS: "20", LIMITER: "off" },
    };
    gateway = await startGateway({ backendUrl: upstream.url, persistTo, vars });
    readers = await openIn(`${gateway.url}/?room=faults`);
  });

  afterAll(async () => {
    await gateway?.stop();
    upstream?.stop();
    await rm(persistTo, { recursive: true, force: true });
  });

  // One fault of each way to end: the page knows a turn by its error's code.
  const byCode = new Map(faultList.map((fault) => [fault.error, fault]));

  test.each([...byCode.values()].filter(({ error }) => error !== undefined))(
    "$error is told in words, in both languages, beside what there is of the answer",
    async ({ name, outcome, error = "", text }) => {
      await ask(readers[0] as Reader, name);
      // What broke off is told as that, whatever broke it: what counts for a reader is that it is not whole.
      await untilSaid(readers, (reader) =>
        outcome === "interrupted" ? STRINGS[reader.locale].interrupted : sentence(reader, error),
      );
      for (const { page } of readers) {
        const turn = await page.locator(".turn").last().textContent();
        expect(turn).toContain(text.trim());
        // Neither a code nor the backend's words.
        expect(turn?.replace(name, "")).not.toMatch(/secret|upstream-|\bpart-too|status \d/);
      }
    },
  );

  test("[U2] a wait before the next try counts down, with its cause and the attempt", async () => {
    await ask(readers[0] as Reader, "busy-429-once");
    await Promise.all([
      untilSaid(readers, (reader) => sentence(reader, "upstream-retrying")),
      ...[1, 2].map((left) => untilSaid(readers, ({ locale }) => (locale === "en" ? `in ${left} s.` : `${left} 秒后`))),
      untilSaid(readers, ({ locale }) => (locale === "en" ? "Attempt 1 of 3." : "第 1 次，共 3 次")),
    ]);
    await untilSaid(readers, () => "Hello, world");
  });
});

describe("[Q4] a tenant at its limit", () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await startTestStack({ gateway: { vars: { TENANT_ACTIVE_TURNS: "1" } } });
  });

  afterAll(() => stack?.stop());

  test("shows people in another room that their question is queued, and answers it when it reaches the front", async () => {
    const other = new ChatClient({ url: stack.url, room: "busy" });
    const running = other.submit("x ".repeat(500), { params: { tokensPerSecond: 20 } });
    await untilSnapshot(other, ({ turns }) => turns.some(({ id, length }) => id === running && length > 0));
    const readers = await openIn(`${stack.url}/?room=waits`);
    await ask(readers[0] as Reader, "is it my turn?");
    await untilSaid(readers, (reader) => sentence(reader, "waiting-for-concurrency"));
    other.cancel(running);
    for (const { page } of readers) await page.locator(".turn .answer").getByText("is it my turn?").waitFor();
    other.close();
  });
});
