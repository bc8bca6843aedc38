import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { clientFrame } from "../../shared/protocol/client-frames.ts";
import { serverFrame } from "../../shared/protocol/server-frames.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";

test("a change to the wire is deliberate: bump PROTOCOL_VERSION if a reader of the previous one would misread it", () => {
  expect([fingerprint(clientFrame, serverFrame), PROTOCOL_VERSION]).toEqual([
    "42df92e49f43cddd47a230d3648ecdde4c29de65fab0c177bb32b03950ca8f0a",
    2,
  ]);
});

function fingerprint(...schemas: z.core.$ZodType[]): string {
  const described = schemas.map((schema) => z.toJSONSchema(schema, { unrepresentable: "any" }));
  return createHash("sha256").update(JSON.stringify(described)).digest("hex");
}
