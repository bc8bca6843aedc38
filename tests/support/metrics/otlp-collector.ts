/** A collector of traces on loopback: takes what an OTLP/HTTP exporter sends as JSON. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string }[];
}

interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[] }[];
}

export interface Collector {
  readonly url: string;
  /** Resolves when a span of this trace has come. */
  spanOf(traceId: string): Promise<CollectedSpan>;
  close(): void;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const wakers = new Set<() => void>();
  const server = createServer((request, response) => {
    json(request)
      .then((body) => {
        const { resourceSpans } = body as Export;
        spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
        for (const wake of wakers) wake();
      })
      .catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async spanOf(traceId) {
      for (;;) {
        const span = spans.find((candidate) => candidate.traceId === traceId);
        if (span !== undefined) return span;
        await new Promise<void>((resolve) => wakers.add(resolve));
      }
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
