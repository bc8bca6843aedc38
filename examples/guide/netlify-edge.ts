import { relay } from "./relay.ts";

declare const Netlify: { readonly env: { get(name: string): string | undefined } };

export const config = { path: "/chat", cache: "off" };

export default (request: Request) => relay(request, Netlify.env.get("NEST_BASE") ?? "");
