// Backend and gateway for a test: `npm start`'s own parts on free ports, with rooms kept in a folder of their own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, type StackOptions, startStack } from "../../scripts/lib/local-processes.ts";

export interface TestStack extends Stack {
  /** Where the rooms are kept: pass it to startGateway to start another one on the same rooms. */
  readonly persistTo: string;
}

/** Starts both with an exact echo for a model. `stop` also removes the rooms. */
export async function startTestStack({ backend, gateway }: StackOptions = {}): Promise<TestStack> {
  const persistTo = gateway?.persistTo ?? (await mkdtemp(join(tmpdir(), "edge-chat-gateway-")));
  const remove = () => rm(persistTo, { recursive: true, force: true });
  try {
    const stack = await startStack({
      backend: { ...backend, env: { PROVIDER: "echo", ...backend?.env } },
      gateway: { ...gateway, persistTo },
    });
    const stop = async () => {
      await stack.stop();
      await remove();
    };
    return { ...stack, persistTo, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
