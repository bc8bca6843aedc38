// The suites of `npm test`. The backend's own are in examples/nest-gateway/vitest.config.ts.
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { hangAfterMs } from "./tests/support/hang-guard.ts";

// Local runtimes look up where the machine is unless told not to: a call to the network that no test needs.
process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";

const hangGuard = { testTimeout: hangAfterMs, hookTimeout: hangAfterMs, expect: { poll: { timeout: hangAfterMs } } };

type Provided = Record<"upstreamUrl" | "faultyUrl" | "stormUrl", string>;

/** A suite in the runtime itself, with the Worker of wrangler.jsonc. @param bindings by where the suite's backend listens. */
function inWorkerd(
  bindings: (provided: Provided) => Record<string, string>,
  suite: NonNullable<TestProjectInlineConfiguration["test"]>,
): TestProjectInlineConfiguration {
  const plugin = cloudflareTest(({ inject }) => ({
    // The source itself: wrangler.jsonc names what is built from it.
    main: "party/worker.ts",
    wrangler: { configPath: "wrangler.jsonc" },
    miniflare: {
      bindings: bindings({
        upstreamUrl: inject("upstreamUrl"),
        faultyUrl: inject("faultyUrl"),
        stormUrl: inject("stormUrl"),
      }),
    },
  }));
  return { plugins: [plugin], test: { ...hangGuard, ...suite } };
}

export default defineConfig({
  test: {
    // The gateway's own log lines say nothing that a failing test does not.
    silent: "passed-only",
    projects: [
      {
        test: {
          ...hangGuard,
          name: "unit",
          include: ["tests/{unit,wire,contract,fuzz,docs}/**/*.test.ts"],
          setupFiles: ["tests/support/property-runs.ts"],
        },
      },
      inWorkerd(
        ({ upstreamUrl }) => ({
          AUTH: "none",
          NEST_BASE: upstreamUrl,
          ORPHAN_GRACE_MS: "200",
          OPERATOR_TOKEN: "operator-secret",
          HEARTBEAT_MS: "100",
        }),
        {
          name: "workerd",
          include: ["tests/workerd/**/*.test.ts"],
          exclude: [
            "tests/workerd/auth/**",
            "tests/workerd/upstream/{faults,shapes}.test.ts",
            "tests/workerd/limiter/storm.test.ts",
          ],
          globalSetup: ["tests/support/backends/workerd-upstream.ts"],
          provide: {
            fuzzRequests: Number(process.env["FUZZ_REQUESTS"] ?? 1_000),
            fuzzSeed: Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 1e9)),
          },
        },
      ),
      inWorkerd(
        ({ upstreamUrl }) => ({
          AUTH: "jwt",
          // `sharedSecret` in tests/workerd/auth/tokens.ts.
          AUTH_KEYS: JSON.stringify({ k1: "YSBzZWNyZXQgb2YgdGVzdHM6IHRoaXJ0eS10d28gYnl0ZXMgb3IgbW9yZQ" }),
          // Thirty-two bytes of 3.
          UPSTREAM_SIGNING_KEYS: JSON.stringify({ upstream: "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM" }),
          TENANT: "*",
          NEST_BASE: upstreamUrl,
          OPERATOR_TOKEN: "operator-secret",
        }),
        {
          name: "auth",
          include: ["tests/workerd/auth/**/*.test.ts"],
          globalSetup: ["tests/support/backends/workerd-upstream.ts"],
        },
      ),
      inWorkerd(
        ({ faultyUrl }) => ({
          AUTH: "none",
          NEST_BASE: faultyUrl,
          // Short, so that a stall costs seconds; long enough for a busy machine to answer what is answered.
          HEADERS_TIMEOUT_MS: "3000",
          FIRST_TOKEN_TIMEOUT_MS: "3000",
          SILENCE_TIMEOUT_MS: "3000",
          TURN_TIMEOUT_MS: "9000",
          MAX_ATTEMPTS: "3",
          MAX_RESUMES: "2",
          BACKOFF_BASE_MS: "5",
          BACKOFF_MAX_MS: "20",
          STOP_CONFIRM_MS: "500",
          SIMULATE_CHUNK_MS: "10",
          // Each fault is a backend of its own: what one does must not slow the others down.
          LIMITER: "off",
        }),
        {
          name: "faults",
          include: ["tests/workerd/upstream/faults.test.ts"],
          globalSetup: ["tests/support/backends/faulty-upstream.ts"],
          // Each waits for its own clock, which others at work would stop.
          maxConcurrency: 100,
          sequence: { groupOrder: 1 },
        },
      ),
      inWorkerd(
        // No shape is about time: the default timeouts end none of them on a busy machine.
        ({ faultyUrl }) => ({
          AUTH: "none",
          NEST_BASE: faultyUrl,
          ...{ HEADERS_TIMEOUT_MS: "60000", FIRST_TOKEN_TIMEOUT_MS: "60000", SILENCE_TIMEOUT_MS: "60000" },
          ...{ BACKOFF_BASE_MS: "5", BACKOFF_MAX_MS: "20", SIMULATE_CHUNK_MS: "10" },
          LIMITER: "off",
        }),
        {
          name: "shapes",
          include: ["tests/workerd/upstream/shapes.test.ts"],
          globalSetup: ["tests/support/backends/faulty-upstream.ts"],
          sequence: { groupOrder: 1 },
        },
      ),
      inWorkerd(
        // The backend answers nobody until all rooms have called, however long a busy machine takes for that.
        ({ stormUrl }) => ({ AUTH: "none", NEST_BASE: stormUrl, HEADERS_TIMEOUT_MS: "60000" }),
        {
          name: "storm",
          include: ["tests/workerd/limiter/storm.test.ts"],
          globalSetup: ["tests/support/backends/storm-upstream.ts"],
          // After the others: how many rooms come at once is what it is about.
          sequence: { groupOrder: 2 },
        },
      ),
      {
        test: {
          ...hangGuard,
          name: "edge",
          include: ["tests/edge/**/*.test.ts"],
          globalSetup: ["tests/edge/built.ts"],
        },
      },
      {
        test: {
          ...hangGuard,
          name: "package",
          include: ["tests/package/**/*.test.ts"],
          globalSetup: ["tests/package/packed.ts"],
        },
      },
      {
        test: {
          ...hangGuard,
          name: "python",
          include: ["tests/python/**/*.test.ts"],
          globalSetup: ["tests/support/built.ts"],
        },
      },
      {
        test: {
          ...hangGuard,
          name: "nginx",
          include: ["tests/nginx/**/*.test.ts"],
          globalSetup: ["tests/support/built.ts"],
        },
      },
      {
        test: {
          ...hangGuard,
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts"],
          globalSetup: ["tests/support/built.ts"],
          // More stacks than cores: most of them wait, for a network that is cut or a gateway that starts over.
          maxWorkers: 3,
        },
      },
    ],
  },
});
