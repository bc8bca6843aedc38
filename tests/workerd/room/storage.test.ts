import { env, runInDurableObject } from "cloudflare:test";
import { describe } from "vitest";
import { ObjectStorage } from "../../../party/platform/durable-storage.ts";
import { storageContract } from "../../contract/storage-contract.ts";

describe("a Durable Object's storage", () => {
  storageContract(async (body) => {
    const stub = env.Chat.get(env.Chat.idFromName(`storage-${crypto.randomUUID()}`));
    await runInDurableObject(stub, (_instance, state) => body(new ObjectStorage(state.storage)));
  });
});
