// `/chat` as a Netlify Edge Function. Where it answers and how often an address may ask is in its config.
import { netlifyConfig, netlifyEdge } from "../../bridge/netlify.js";

export const config = netlifyConfig;

export default netlifyEdge;
