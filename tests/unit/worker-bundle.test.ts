/** What a cold start of the Worker evaluates, held by its modules: who asks for no room pays for none. */
import { expect, test } from "vitest";
import { bundleWorker } from "../../scripts/lib/worker-bundle.ts";

const { eager, lazy } = await bundleWorker();
const eagerSources = eager.flatMap(({ sources }) => sources);
const lazySources = lazy.flatMap(({ sources }) => sources);

test("[E2] a room's inside, the bridge, parsers, tokens and cached routes are not part of it", () => {
  for (const late of [
    "party/core/room-core.ts",
    "party/core/conversation.ts",
    "party/routes/in-room.ts",
    "party/routes/backend.ts",
    "party/upstream/fetch-upstream.ts",
    "party/upstream/event-stream.ts",
    "party/upstream/dialects/openai.ts",
    "shared/protocol/client-frames.ts",
    "edge/bridge.ts",
    "party/auth/verify-token.ts",
    "party/warm.ts",
    "party/telemetry/metrics/keeper.ts",
  ]) {
    expect(lazySources).toContain(late);
    expect(eagerSources).not.toContain(late);
  }
  expect([...eagerSources, ...lazySources].filter((path) => path.startsWith("node_modules/jose/"))).toEqual(
    lazySources.filter((path) => path.startsWith("node_modules/jose/")),
  );
});

test("[E2] every module is there once, and what loads late is written beside the entry", () => {
  const all = [...eagerSources, ...lazySources];
  expect(all).toEqual([...new Set(all)]);
  expect(eager.map(({ name }) => name)).toContain("worker.js");
  for (const { name } of lazy) expect(name).toMatch(/^chunks\//);
});
