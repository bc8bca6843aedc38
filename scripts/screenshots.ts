/**
 * Pictures of the page in its states, for the docs: `node scripts/screenshots.ts [folder]`. Draws the preview gallery
 * (examples/chat-page/preview) in a real Chromium, light and at two widths; `--dark` and `--zh` for the other looks.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { createServer } from "vite";
import { launchBrowser } from "../tests/support/browser.ts";

/** A small phone and an ordinary laptop. */
const viewports = [
  { width: 360, height: 720, isPhone: true },
  { width: 1280, height: 800, isPhone: false },
] as const;

/** The states the docs show. */
const documented = ["idle", "streaming", "queued", "stopped", "failed", "offline"];

/** One picture of what `page` shows now, with nothing moving in it. */
export async function capture(page: Page, file: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await writeFile(file, await page.screenshot({ animations: "disabled", caret: "hide" }));
}

/** Waits until answers are parsed and formulas are drawn. An answer that cannot be parsed stays text. */
async function settled(page: Page): Promise<void> {
  const hasWork = page.locator('.md:not(:has(> :not(.md-plain))):has(.md-plain:not(:empty)), [class^="math-"]:empty');
  await hasWork
    .first()
    .waitFor({ state: "detached", timeout: 5_000 })
    .catch(() => undefined);
  await page.waitForLoadState("networkidle");
}

async function captureGallery(browser: Browser, base: string, options: Options): Promise<void> {
  const { folder, scenarios, locale, colorScheme } = options;
  await mkdir(folder, { recursive: true });
  for (const { isPhone, ...viewport } of viewports) {
    const context = await browser.newContext({
      viewport,
      colorScheme,
      reducedMotion: "reduce",
      isMobile: isPhone,
      hasTouch: isPhone,
    });
    const page = await context.newPage();
    for (const scenario of scenarios) {
      await page.goto(`${base}/preview/?scenario=${scenario}&locale=${locale}`);
      await page.locator("main").waitFor();
      await settled(page);
      await capture(page, join(folder, `${scenario}-${viewport.width}.png`));
    }
    await context.close();
  }
}

interface Options {
  readonly folder: string;
  readonly scenarios: readonly string[];
  readonly locale: "en" | "zh-CN";
  readonly colorScheme: "light" | "dark";
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dark: { type: "boolean", default: false },
      zh: { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const server = await createServer({
    configFile: "examples/chat-page/vite.config.ts",
    server: { port: 0 },
    logLevel: "warn",
  });
  await server.listen();
  const browser = await launchBrowser();
  try {
    await captureGallery(browser, server.resolvedUrls?.local[0]?.replace(/\/$/, "") ?? "", {
      folder: positionals[0] ?? "docs/screenshots",
      scenarios: values.only?.split(",") ?? documented,
      locale: values.zh ? "zh-CN" : "en",
      colorScheme: values.dark ? "dark" : "light",
    });
  } finally {
    await browser.close();
    await server.close();
  }
}
