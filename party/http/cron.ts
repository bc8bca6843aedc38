/**
 * The cron: asks the routes that the operator chose, and the backend for its health, so that neither is cold when somebody comes.
 * It warms where it runs, which the platform chooses: a location far from it stays cold.
 */
import { parseConfig, type Variables } from "../config/settings.ts";
import { reportFault } from "../telemetry/reporter.ts";

const timeoutMs = 10_000;

/**
 * Never rejects: the next run is a new try.
 * @param ask answers a path of this gateway, as for a visitor.
 */
export async function keepWarm(env: Variables, ask: (path: string) => Promise<Response>): Promise<void> {
  // No visitor, no hostname: the settings that count are the same.
  const config = parseConfig(env, "localhost");
  if (!config.ok) return reportFault("warm", config.error);
  const {
    upstream: { base },
    warmRoutes,
  } = config.value;
  if (warmRoutes.length === 0) return;
  const backend = () => fetch(`${base}/health`, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
  const touches = [backend, ...warmRoutes.map((path) => () => ask(path))];
  await Promise.all(
    touches.map(async (touch) => {
      try {
        await (await touch()).body?.cancel();
      } catch (error) {
        reportFault("warm", error);
      }
    }),
  );
}
