import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "backend", include: ["tests/**/*.test.ts"], environment: "node" },
});
