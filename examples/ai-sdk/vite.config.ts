/** `npx vite -c examples/ai-sdk/vite.config.ts`, beside a gateway on its usual port. */
const folder = new URL(".", import.meta.url).pathname;

export default {
  root: folder,
  base: "./",
  oxc: { jsx: { runtime: "automatic" } },
  build: { outDir: `${folder}dist`, emptyOutDir: true, target: "es2022" },
};
