/** Checks that values which the guide recommends, and errors which a page explains, are the ones in the code. */
import { expect, test } from "vitest";
import { numberSettings, parseConfig } from "../../party/config/settings.ts";
import { ERRORS } from "../../shared/protocol/errors.ts";
import { heldPages, parsePage, read } from "./page.ts";

const env = { AUTH: "none", NEST_BASE: "http://127.0.0.1:8788" };

test.each(heldPages.filter((path) => path.startsWith("docs/guide")))("%s recommends the defaults", (path) => {
  const recommended = parsePage(path)
    .tables.flatMap(({ rows }) => rows)
    .filter((row) => row.length === 4 && /^`[A-Z_]+`$/.test(row[0] ?? "") && /^\d+$/.test(row[1] ?? ""))
    .map(([name = "", value = ""]) => [name.replaceAll("`", ""), value] as const);
  const names = recommended.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining([...Object.keys(numberSettings), "BACKOFF_BASE_MS", "BACKOFF_MAX_MS"]));
  for (const [name, value] of recommended) {
    expect(parseConfig({ ...env, [name]: value }, "localhost"), name).toEqual(parseConfig(env, "localhost"));
    const other = parseConfig({ ...env, [name]: String(Number(value) + 1) }, "localhost");
    expect(other, `${name} is no setting`).not.toEqual(parseConfig(env, "localhost"));
  }
});

test("the minimal function has the gateway's own times", () => {
  const [, headers, silence, heartbeat] =
    /headersTimeoutMs: ([\d_]+), silenceTimeoutMs: ([\d_]+), heartbeatMs: ([\d_]+)/.exec(
      read("examples/guide/relay.ts"),
    ) ?? [];
  const times = {
    HEADERS_TIMEOUT_MS: headers?.replace("_", "") ?? "",
    SILENCE_TIMEOUT_MS: silence?.replace("_", "") ?? "",
    HEARTBEAT_MS: heartbeat?.replace("_", "") ?? "",
  };
  expect(Object.values(times)).not.toContain("");
  expect(parseConfig({ ...env, ...times }, "localhost")).toEqual(parseConfig(env, "localhost"));
});

test("docs/using.zh-CN.md explains errors that exist", () => {
  const codes = parsePage("docs/using.zh-CN.md").tables.flatMap(({ rows }) =>
    rows.slice(1).map(([code = ""]) => code.replaceAll("`", "")),
  );
  expect(codes).not.toEqual([]);
  expect(Object.keys(ERRORS)).toEqual(expect.arrayContaining(codes));
});
