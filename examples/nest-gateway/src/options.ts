/** Settings of the backend, and how the environment gives them. */
import { join } from "node:path";
import type { EdgeChatOptions, ResumableOptions } from "edge-chat-gateway/nestjs";
import { z } from "zod";
import type { OpenAiOptions } from "./providers/openai.ts";
import type { Provider } from "./providers/provider.ts";

export interface BackendOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Used where a request names none. */
  provider: string;
  /** Whether the `echo` provider exists though it isn't the default one. It is for tests: it does whatever a request says. */
  echo?: boolean;
  /** The pages that the guide answers from. */
  docsDir: string;
  resumable?: Partial<ResumableOptions>;
  openai?: OpenAiOptions;
  /** Whose tokens the chat routes ask for; without it they ask for none. */
  gateway?: Pick<EdgeChatOptions, "jwksUrl" | "audience" | "allowHttp">;
  /** Base URL of an OTLP/HTTP collector; without it nothing is traced. */
  otlpEndpoint?: string;
  /** Your own, beside the built-in ones. */
  extraProviders?: readonly Provider[];
  /** No log at all, for tests. */
  isQuiet?: boolean;
}

/** From `src/` and from `dist/` alike. */
const projectDocs = join(import.meta.dirname, "..", "..", "..", "docs");

export const defaultOptions = (): BackendOptions => ({
  host: "127.0.0.1",
  port: 8788,
  provider: "guide",
  docsDir: projectDocs,
});

const wholeNumber = (max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+$/, "a whole number")
    .transform(Number)
    .refine((value) => value <= max, `at most ${max}`);

/** An address that carries questions, keys or traces: everybody on the way can read and change what goes over http. */
const address = z.url({ protocol: /^https?$/ });
const isEncryptedOrLocal = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || /^(?:localhost|.+\.localhost|\[::1\]|127(?:\.\d{1,3}){3})$/.test(hostname);
};
const addresses = ["OTEL_EXPORTER_OTLP_ENDPOINT", "GATEWAY_JWKS_URL", "OPENAI_BASE_URL"] as const;

const environment = z.object({
  HOST: z.string().min(1).optional(),
  PORT: wholeNumber(65_535).optional(),
  PROVIDER: z.enum(["guide", "agent", "echo", "openai"]).optional(),
  ECHO: z.enum(["yes", "no"]).optional(),
  ALLOW_HTTP: z.enum(["yes", "no"]).optional(),
  DOCS_DIR: z.string().min(1).optional(),
  HOLD_MS: wholeNumber(3_600_000).optional(),
  KEEP_MS: wholeNumber(86_400_000).optional(),
  HEARTBEAT_MS: wholeNumber(600_000).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.optional(),
  GATEWAY_JWKS_URL: address.optional(),
  GATEWAY_AUDIENCE: z.string().min(1).optional(),
  OPENAI_BASE_URL: address.optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_MODELS: z.string().min(1).optional(),
});

/** Throws an Error that names the variable and never its value: one of them is a secret. */
export function optionsFromEnv(env: NodeJS.ProcessEnv): BackendOptions {
  // An empty variable is one that is not set: that is how shells and .env files say it.
  const parsed = environment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")));
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  const open = addresses.find((name) => !isEncryptedOrLocal(parsed.data[name] ?? "https://unset.invalid"));
  if (open !== undefined && parsed.data.ALLOW_HTTP !== "yes") {
    throw new Error(
      `${open}: is an http URL beyond loopback, which anybody on the way can read and change. Use https, or set ALLOW_HTTP=yes if the network is private`,
    );
  }
  const { HOST, PORT, PROVIDER, ECHO, ALLOW_HTTP, DOCS_DIR, HOLD_MS, KEEP_MS, HEARTBEAT_MS, ...others } = parsed.data;
  const { GATEWAY_JWKS_URL, GATEWAY_AUDIENCE, OTEL_EXPORTER_OTLP_ENDPOINT, ...openai } = others;
  if (GATEWAY_AUDIENCE !== undefined && GATEWAY_JWKS_URL === undefined)
    throw new Error("GATEWAY_AUDIENCE: means nothing without GATEWAY_JWKS_URL");
  if (PROVIDER === "openai" && openai.OPENAI_BASE_URL === undefined)
    throw new Error("PROVIDER: openai needs OPENAI_BASE_URL");
  const defaults = defaultOptions();
  return {
    host: HOST ?? defaults.host,
    port: PORT ?? defaults.port,
    provider: PROVIDER ?? defaults.provider,
    echo: ECHO === "yes",
    docsDir: DOCS_DIR ?? defaults.docsDir,
    resumable: {
      ...(HOLD_MS !== undefined && { holdMs: HOLD_MS }),
      ...(KEEP_MS !== undefined && { keepMs: KEEP_MS }),
      ...(HEARTBEAT_MS !== undefined && HEARTBEAT_MS > 0 && { heartbeatMs: HEARTBEAT_MS }),
    },
    ...(OTEL_EXPORTER_OTLP_ENDPOINT !== undefined && { otlpEndpoint: OTEL_EXPORTER_OTLP_ENDPOINT }),
    ...(GATEWAY_JWKS_URL !== undefined && {
      gateway: { jwksUrl: GATEWAY_JWKS_URL, audience: GATEWAY_AUDIENCE, allowHttp: ALLOW_HTTP === "yes" },
    }),
    ...(openai.OPENAI_BASE_URL !== undefined && {
      openai: {
        baseUrl: openai.OPENAI_BASE_URL,
        apiKey: openai.OPENAI_API_KEY,
        models: modelList(openai.OPENAI_MODELS),
      },
    }),
  };
}

function modelList(names = "gpt-4o-mini"): readonly [string, ...string[]] {
  const [first = "gpt-4o-mini", ...rest] = names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return [first, ...rest];
}
