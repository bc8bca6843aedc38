// `/api/chat-edge`: the same on the edge runtime, which Vercel has deprecated. For projects that run there already.
import { vercelEdge } from "../bridge/vercel.js";

export const config = { runtime: "edge" };

export default vercelEdge;
