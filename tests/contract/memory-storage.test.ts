import { describe } from "vitest";
import { MemoryStorage } from "../support/core/memory-storage.ts";
import { storageContract } from "./storage-contract.ts";

describe("storage in memory", () => {
  storageContract((body) => body(new MemoryStorage()));
});
