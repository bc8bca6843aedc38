/**
 * Builds the page to `dist/page`. A plain object, because importing vite's types would bring Node's globals into the page's
 * program.
 */

/**
 * The page loads and connects to nothing but its own origin, and shows pictures that stand in an answer itself. `public/_headers`
 * has the same policy as a header. An operator who wants pictures from elsewhere adds their origins to `img-src` in both.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  // `blob:` is for previews of files that are attached: only this page's own script can make such an address.
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const page = new URL(".", import.meta.url).pathname;

export default {
  root: page,
  base: "/",
  publicDir: `${page}public`,
  // The parser's dependencies have a version for windows, which needs a document, and one for workers, which runs everywhere.
  resolve: { conditions: ["worker", "module", "browser", "development|production"] },
  // Found at once: a dependency that is found later makes the development server load the page again.
  optimizeDeps: { entries: ["main.tsx", "preview/main.tsx", "markdown/parser/parser-worker.ts", "markdown/katex.ts"] },
  oxc: { jsx: { runtime: "automatic" } },
  build: {
    outDir: `${page}../../dist/page`,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // A font inside of a stylesheet would need `data:` in the policy.
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
  plugins: [
    {
      name: "modern-fonts-only",
      enforce: "pre",
      // Every browser that runs the page reads WOFF2; KaTeX names two older formats of each font after it.
      transform: (code: string, id: string) =>
        id.includes("/katex/") && id.endsWith(".css")
          ? code.replace(/,url\([^)]+\.(?:woff|ttf)\) format\("[a-z]+"\)/g, "")
          : undefined,
    },
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
