/** JSON Schemas (draft 2020-12) of all frames, made from the schemas in `shared/protocol/`, described by docs/protocol.md. */
import * as z from "zod/mini";
import { clientFrame } from "../../shared/protocol/client-frames.ts";
import { serverFrame } from "../../shared/protocol/server-frames.ts";
import { proseOf } from "./protocol-page.ts";

export type JsonSchema = { readonly [key: string]: unknown };
export type Direction = "client" | "server";

const unions = { client: clientFrame, server: serverFrame } as const;

/** By frame type, in the order of the protocol. */
export function frameSchemas(direction: Direction): ReadonlyMap<string, JsonSchema> {
  const options = unions[direction].def.options as readonly z.ZodMiniObject[];
  return new Map(
    options.map((option) => {
      const schema = schemaOf(option);
      const properties = schema["properties"] as Record<string, JsonSchema>;
      const type = String(properties["type"]?.["const"]);
      const { summary, fields } = proseOf(type);
      const described = Object.entries(properties).map(([name, property]) => {
        const description = fields.get(name);
        return [name, description === undefined ? property : { ...property, description }];
      });
      return [type, { title: type, description: summary, ...schema, properties: Object.fromEntries(described) }];
    }),
  );
}

/** A schema as a document takes it in: without `$schema`, and with what JSON Schema can't say left out. */
export function schemaOf(schema: z.ZodMiniType): JsonSchema {
  // `input`: what may be sent. Unknown fields of a server's frame are allowed there, as the protocol says.
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const { $schema: _schema, $defs: _defs, ...rest } = made;
  // The only definitions are those of "any JSON", which refers to itself. In a JSON document that is anything.
  const text = JSON.stringify(rest).replaceAll(/\{"\$ref":"#\/\$defs\/__schema\d+"\}/g, "{}");
  return JSON.parse(text) as JsonSchema;
}

/** One document for a direction: a frame is one of its definitions. */
export function frameDocument(direction: Direction): JsonSchema {
  const schemas = frameSchemas(direction);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: direction === "client" ? "Frames that a client sends" : "Frames that a room sends",
    description:
      direction === "client"
        ? "The room refuses a frame with a field that is not listed."
        : "A client ignores frame types and fields that it does not know.",
    oneOf: [...schemas.keys()].map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: Object.fromEntries(schemas),
  };
}
