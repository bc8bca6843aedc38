/** What the OpenAPI documents share: operations, answers, problems. */
import type { JsonSchema } from "./frame-schemas.ts";

export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly schema: JsonSchema };
  /** By status. A content type in front of the schema's name: `text/event-stream`. */
  readonly answers: Readonly<Record<string, string | readonly [what: string, content: JsonSchema]>>;
  /** False: no token is needed. */
  readonly isOpen?: true;
}

export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: JsonSchema): JsonSchema => ({ "application/json": { schema } });
export const stream = (of: string): JsonSchema => ({
  "text/event-stream": { schema: { type: "string", description: of } },
});

/** An operation as OpenAPI writes it. @param path for the names in it. */
export function operationOf(path: string, given: Operation, names: Readonly<Record<string, string>>): JsonSchema {
  const { summary, description, query = {}, headers = {}, body, answers, isOpen } = given;
  const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => ({
    ...{ name, in: "path", required: true, description: names[name] ?? "", schema: { type: "string" } },
  }));
  const named = (where: string, from: Readonly<Record<string, string>>) =>
    Object.entries(from).map(([name, meaning]) => ({
      ...{ name, in: where, required: false, description: meaning, schema: { type: "string" } },
    }));
  const parameters = [...inPath, ...named("query", query), ...named("header", headers)];
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { [body.type]: { schema: body.schema } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          typeof answer === "string" ? { description: answer } : { description: answer[0], content: answer[1] },
        ]),
      ),
      default: { $ref: "#/components/responses/problem" },
    },
    ...(isOpen ? { security: [] } : {}),
  };
}

/** @param codes that `code` may have. */
export function problemSchema(codes: readonly string[] | undefined): JsonSchema {
  return {
    type: "object",
    description: "RFC 9457",
    properties: {
      type: { type: "string" },
      title: { type: "string", description: "A sentence for people." },
      status: { type: "integer" },
      code: { type: "string", ...(codes === undefined ? {} : { enum: codes }) },
      retryable: { type: "boolean" },
      detail: { type: "string", description: "What was wrong and what to do." },
    },
    required: ["title", "status", "code"],
  };
}

export const problemResponse: JsonSchema = {
  description: "A refusal. `Retry-After` says when to come back, where the server knows.",
  headers: { "retry-after": { description: "Seconds.", schema: { type: "integer" } } },
  content: { "application/problem+json": { schema: ref("problem") } },
};
