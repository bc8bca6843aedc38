import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { clientFrame } from "../../shared/protocol/client-frames.ts";
import { serverFrame } from "../../shared/protocol/server-frames.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";

test("a change to the wire is deliberate: bump PROTOCOL_VERSION if a reader of the previous one would misread it", () => {
  expect([fingerprint(clientFrame, serverFrame), PROTOCOL_VERSION]).toEqual([
    "4851d0916054eb15d82827c758cc4375519c308f1e1e97c4668c63d39a097586",
    2,
  ]);
});

function fingerprint(...schemas: z.core.$ZodType[]): string {
  const described = schemas.map((schema) => z.toJSONSchema(schema, { unrepresentable: "any" }));
  return createHash("sha256").update(JSON.stringify(described)).digest("hex");
}
