import { relay } from "./relay.ts";

declare const Deno: {
  readonly env: { get(name: string): string | undefined };
  serve(handler: (request: Request) => Promise<Response>): unknown;
};

Deno.serve((request) => relay(request, Deno.env.get("NEST_BASE") ?? ""));
