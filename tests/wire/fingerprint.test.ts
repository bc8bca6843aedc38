import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { clientFrame } from "../../shared/protocol/client-frames.ts";
import { serverFrame } from "../../shared/protocol/server-frames.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";

test("a change to the wire is deliberate: bump PROTOCOL_VERSION if a reader of the previous one would misread it", () => {
  expect([fingerprint(clientFrame, serverFrame), PROTOCOL_VERSION]).toEqual([
    "b994a201244cf440c29db892bbddea0ea432359dccd7665f7c70644c4da914ba",
    2,
  ]);
});

function fingerprint(...schemas: z.core.$ZodType[]): string {
  const described = schemas.map((schema) => z.toJSONSchema(schema, { unrepresentable: "any" }));
  return createHash("sha256").update(JSON.stringify(described)).digest("hex");
}
