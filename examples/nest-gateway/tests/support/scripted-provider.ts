/** Scripts as a provider: each generation id follows the script that was set for it. */
import type { GenerationEvent } from "edge-chat-gateway/nestjs";
import { z } from "zod";
import { Script } from "../../../../tests/support/nestjs/script.ts";
import type { Provider, ProviderRequest } from "../../src/providers/provider.ts";

export class ScriptedProvider implements Provider {
  readonly id = "scripted";
  readonly name = "Scripted";
  readonly models = [{ id: "scripted-1", name: "Scripted" }] as const;
  readonly params = z.unknown();
  readonly #scripts = new Map<string, Script>();

  script(generationId: string, options: { ignoresSignal?: boolean } = {}): Script {
    const script = new Script(options);
    this.#scripts.set(generationId, script);
    return script;
  }

  generate({ generationId }: ProviderRequest, signal: AbortSignal): AsyncIterable<GenerationEvent> {
    const script = this.#scripts.get(generationId);
    if (script === undefined) throw new Error(`no script for ${generationId}`);
    return script.produce(signal);
  }
}
