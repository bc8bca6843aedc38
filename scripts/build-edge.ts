// `npm run build:edge`: the bridge for Vercel and Netlify, into examples/.
import { bundleEdges } from "./lib/edge-bundle.ts";

await bundleEdges();
