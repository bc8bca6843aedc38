/** The CPU profile of a running workerd, over its inspector (Chrome DevTools Protocol), and who spends the time in it. */

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** As DevTools reads it: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/ */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Profiler {
  stop(): Promise<CpuProfile>;
}

/** Starts sampling. @param inspector host and port. */
export async function startProfiler(inspector: string, samplingUs = 200): Promise<Profiler> {
  const targets = (await (await fetch(`http://${inspector}/json`)).json()) as { webSocketDebuggerUrl: string }[];
  const address = targets[0]?.webSocketDebuggerUrl;
  if (address === undefined) throw new Error("nothing to inspect");
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", reject, { once: true });
  });
  let lastId = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  const call = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => {
      lastId += 1;
      waiting.set(lastId, resolve);
      socket.send(JSON.stringify({ id: lastId, method, params }));
    });
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: samplingUs });
  await call("Profiler.start");
  return {
    stop: async () => {
      const { profile } = (await call("Profiler.stop")) as { profile: CpuProfile };
      socket.close();
      return profile;
    },
  };
}

export interface Spent {
  readonly name: string;
  /** Share of the time that was not idle. */
  readonly share: number;
}

/** Functions by their own time, most first. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Spent[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, lineNumber } }) => [
      id,
      functionName === "" ? `(anonymous, line ${lineNumber + 1})` : functionName,
    ]),
  );
  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? "?";
    if (name === "(idle)") continue;
    const took = timeDeltas[index] ?? 0;
    busy += took;
    times.set(name, (times.get(name) ?? 0) + took);
  }
  return [...times].map(([name, took]) => ({ name, share: took / busy })).sort((a, b) => b.share - a.share);
}
