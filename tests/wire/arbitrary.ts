/** Random frames made from the schemas themselves, by way of their JSON Schema: a new frame type is covered the day it is written. */
import fc from "fast-check";
import * as z from "zod/mini";

interface JsonSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number)[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
}

/** Values that `schema` accepts, undefined left out as on the wire. */
export function arbitraryOf<T extends z.core.$ZodType>(schema: T): fc.Arbitrary<z.output<T>> {
  const made = fromJsonSchema(z.toJSONSchema(schema, { unrepresentable: "any" }) as JsonSchema);
  return (
    made
      // JSON has no -0.
      .map((value): unknown => JSON.parse(JSON.stringify(value)))
      // Refinements (not empty, at most so many bytes) have no JSON Schema.
      .filter((value) => z.safeParse(schema, value).success)
      // Parsed, because zod drops `__proto__` from records.
      .map((value) => z.parse(schema, value))
  );
}

function fromJsonSchema(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  // The one recursive schema is "any JSON".
  if (schema.$ref !== undefined) return fc.jsonValue({ maxDepth: 2 });
  const union = schema.anyOf ?? schema.oneOf;
  if (union !== undefined) return fc.oneof(...union.map(fromJsonSchema));
  switch (schema.type) {
    case "object":
      return objectOf(schema);
    case "array":
      return fc.array(fromJsonSchema(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case "string":
      return schema.pattern === undefined
        ? fc.string({
            minLength: schema.minLength ?? 0,
            maxLength: Math.min(schema.maxLength ?? 20, 20),
            unit: "grapheme",
          })
        : fc.oneof(fc.stringMatching(new RegExp(schema.pattern)), fc.constantFrom("__proto__", "constructor", "a"));
    case "integer":
    case "number":
      return fc.oneof(
        fc.integer({ min: Math.max(schema.minimum ?? -5, -5), max: 50 }),
        fc.integer({ min: Math.max(schema.minimum ?? -5, -5), max: Number.MAX_SAFE_INTEGER }),
      );
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.properties === undefined) {
    const values = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
    return fc.dictionary(
      fromJsonSchema(schema.propertyNames ?? { type: "string" }) as fc.Arbitrary<string>,
      fromJsonSchema(values),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    );
  }
  const required = [...(schema.required ?? [])];
  return fc.record(
    Object.fromEntries(Object.entries(schema.properties).map(([key, property]) => [key, fromJsonSchema(property)])),
    { requiredKeys: required, noNullPrototype: true },
  );
}
