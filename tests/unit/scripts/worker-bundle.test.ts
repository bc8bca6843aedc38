/** What a cold start of the Worker evaluates, held by its modules: who asks for no room pays for none. */
import { expect, test } from "vitest";
import { bundleWorker, type WorkerModule } from "../../../scripts/lib/worker-bundle.ts";

const { eager, lazy } = await bundleWorker();
const eagerSources = eager.flatMap(({ sources }) => sources);
const lazySources = lazy.flatMap(({ sources }) => sources);

test("[E2] what is inside a room or a Limiter, the bridge, parsers, tokens and cached routes are not part of it", () => {
  for (const late of [
    "party/objects/chat-room-host.ts",
    "party/objects/limiter-host.ts",
    "party/core/limiter/limiter.ts",
    "party/core/room/room.ts",
    "party/core/conversation/conversation.ts",
    "party/room-http/room-handler.ts",
    "party/http/backend-route.ts",
    "party/upstream/fetch-upstream.ts",
    "party/upstream/event-stream.ts",
    "party/upstream/dialects/formats/openai.ts",
    "shared/protocol/client-frames.ts",
    "party/bridge/bridge.ts",
    "party/auth/verify-token.ts",
    "party/http/cron.ts",
    "party/http/request-report.ts",
    "party/telemetry/metrics/keeper.ts",
  ]) {
    expect(lazySources).toContain(late);
    expect(eagerSources).not.toContain(late);
  }
  expect([...eagerSources, ...lazySources].filter((path) => path.startsWith("node_modules/jose/"))).toEqual(
    lazySources.filter((path) => path.startsWith("node_modules/jose/")),
  );
});

test("[E2] it is the object classes and the front door: no route, no setting, no schema", () => {
  for (const late of [
    "party/http/router.ts",
    "party/config/settings.ts",
    "party/auth/authorize.ts",
    "party/limits/ip-rate-limit.ts",
    "party/responses/problem.ts",
  ]) {
    expect(lazySources).toContain(late);
    expect(eagerSources).not.toContain(late);
  }
  expect(eagerSources.filter((path) => path.startsWith("party/core/"))).toEqual([]);
  const packages = eagerSources.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(["partyserver"]);
});

test("[E2] the way to a room, with the settings and who may go there, evaluates no schema and no token library", () => {
  const byName = new Map([...eager, ...lazy].map((module) => [module.name, module]));
  const sources = new Set<string>();
  const reach = (module: WorkerModule | undefined): void => {
    if (module === undefined || module.sources.every((path) => sources.has(path))) return;
    for (const path of module.sources) sources.add(path);
    for (const name of module.needs) reach(byName.get(name));
  };
  reach(lazy.find((module) => module.sources.includes("party/http/router.ts")));
  expect([...sources]).toEqual(
    expect.arrayContaining(["party/http/room-route.ts", "party/config/settings.ts", "party/auth/authorize.ts"]),
  );
  expect([...sources].filter((path) => /^node_modules\/(?:zod|jose)\//.test(path))).toEqual([]);
});

test("[E2] every module is there once, and what loads late is written beside the entry", () => {
  const all = [...eagerSources, ...lazySources];
  expect(all).toEqual([...new Set(all)]);
  expect(eager.map(({ name }) => name)).toContain("worker.js");
  for (const { name } of lazy) expect(name).toMatch(/^chunks\//);
});
