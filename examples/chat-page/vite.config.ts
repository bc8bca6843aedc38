/**
 * Builds the page to `dist/page`. No plugin: esbuild's automatic JSX runtime is all that React needs. A plain object,
 * because importing vite's types would bring Node's globals into the client's program (see client/tsconfig.json).
 */

/** The page loads nothing that is not its own. The gateway may send the same as a header; this holds wherever it is served. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const page = new URL(".", import.meta.url).pathname;

export default {
  root: page,
  base: "/",
  publicDir: `${page}public`,
  oxc: { jsx: { runtime: "automatic" } },
  build: {
    outDir: `${page}../../dist/page`,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  plugins: [
    {
      name: "content-security-policy",
      apply: "build",
      transformIndexHtml: () => [
        {
          tag: "meta",
          attrs: { "http-equiv": "Content-Security-Policy", content: contentSecurityPolicy },
          injectTo: "head-prepend",
        },
      ],
    },
  ],
};
