/**
 * `/parties/chat/:room/files`: uploads into a room, and reading what was uploaded. Identity comes before everything that costs:
 * the body, the room's object and the bucket. Loaded with the first request for a file.
 */

import { fail } from "../../shared/result.ts";
import { bearerOf } from "../auth/bearer.ts";
import { tenantOfRoom } from "../auth/tenants.ts";
import type { GatewayConfig } from "../config/settings.ts";
import type { FileCall, FileReply } from "../core/files/file-calls.ts";
import { fileIdPattern, pathOfFile } from "../core/files/file-urls.ts";
import { mayDo, type Principal } from "../core/principal.ts";
import { acceptUpload } from "../files/accept-upload.ts";
import { FileBucket } from "../files/file-bucket.ts";
import { fileSealOf, isSigned } from "../files/file-seal.ts";
import { serveFile } from "../files/serve-file.ts";
import { IpMemory } from "../limits/ip-memory.ts";
import { limitUpload } from "../limits/upload-rate.ts";
import { limitersIn } from "../objects/limiter-object.ts";
import { systemClock } from "../platform/clock.ts";
import { notConfigured, problem, refused, refuseMethod } from "../responses/refusal-response.ts";
import { ROOM_METHODS } from "../responses/room-methods.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { addressOf } from "./inner-request.ts";
import type { Bindings } from "./request-context.ts";
import { refuseRoom } from "./room-name.ts";
import { gateOf, stubOf } from "./room-route.ts";

/** One for the isolate: it counts uploads while the Limiter can't. */
const uploadMemory = new IpMemory();
/** When to come back after a room's object couldn't be reached. */
const objectRetryMs = 1_000;

interface FileVisit {
  readonly request: Request;
  readonly room: string;
  readonly bindings: Bindings;
  readonly config: GatewayConfig;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** `POST /parties/chat/:room/files`. */
export async function routeUpload(visit: FileVisit): Promise<Response> {
  const { request, room, bindings, config, waitUntil } = visit;
  const refusal = refuseRoom(room, config) ?? refuseMethod(request, ROOM_METHODS.files);
  if (refusal !== undefined) return refusal;
  const admitted = await gateOf(bindings, config).admit(bearerOf(request), room);
  if (!admitted.ok) return refused(admitted.error);
  const by = admitted.value;
  if (!mayDo(by, "turn-submit")) return refused({ code: "forbidden" });
  if (bindings.FILES === undefined) return problem("uploads-off", { detail: needsBinding });
  if ((await fileSealOf(config)) === undefined) return notConfigured(needsSecret);
  const limiters = bindings.Limiter === undefined ? undefined : limitersIn(bindings.Limiter, config.jurisdiction);
  const waitMs = await limitUpload(by, addressOf(request), {
    uploadsPerMinute: config.limits.uploadsPerMinute,
    stubOf: limiters,
    memory: uploadMemory,
    clock: systemClock,
    onFault: (cause) => reportFault("upload-rate", cause),
  });
  if (waitMs !== undefined) return refused({ code: "rate-limited", retryAfterMs: waitMs });
  const uploaded = await acceptUpload(request, {
    by,
    // Where the gateway is mounted belongs to the address.
    origin: `${config.filesBase ?? new URL(request.url).origin}${config.gateway?.options.prefix ?? ""}`,
    maxFileBytes: config.policy.maxFileBytes,
    fileTypes: config.fileTypes,
    bucket: FileBucket.ofRoom(bindings.FILES, room, config),
    ask: asker(visit),
    waitUntil,
  });
  if (!uploaded.ok) return refused(uploaded.error);
  const { file, isRepeated } = uploaded.value;
  const headers = { "cache-control": "no-store", location: pathOfFile(room, file.id) };
  return Response.json(file, { status: isRepeated ? 200 : 201, headers });
}

/** `GET`, `HEAD` and `DELETE /parties/chat/:room/files/:file`. */
export async function routeFile(visit: FileVisit, id: string): Promise<Response> {
  const { request, room, bindings, config } = visit;
  const refusal = refuseRoom(room, config) ?? refuseMethod(request, ROOM_METHODS.file);
  if (refusal !== undefined) return refusal;
  if (!fileIdPattern.test(id)) return problem("file-unknown");
  const query = new URL(request.url).searchParams;
  const isReading = request.method !== "DELETE";
  if (isReading && isSigned(query)) {
    const check = await (await fileSealOf(config))?.check(room, id, query, Date.now());
    if (check !== "good") return problem(check === "expired" ? "file-expired" : "file-unknown");
    return serve(visit, id);
  }
  const token = bearerOf(request);
  if (isReading && token !== undefined && (await isBackend(token, room, config))) return serve(visit, id);
  const admitted = await gateOf(bindings, config).admit(token, room);
  if (!admitted.ok) return refused(admitted.error);
  return answerMember(visit, id, admitted.value);
}

/** Somebody with a token: the room knows whether the file is theirs to see. */
async function answerMember(visit: FileVisit, id: string, by: Principal): Promise<Response> {
  const { request } = visit;
  if (request.method === "DELETE") {
    const discarded = await asker(visit)({ kind: "discard", by, id });
    return discarded.ok ? new Response(null, { status: 204 }) : refused(discarded.error);
  }
  const found = await asker(visit)({ kind: "read", by, id });
  if (!found.ok) return refused(found.error);
  const wantsFacts = /\bapplication\/json\b/.test(request.headers.get("accept") ?? "");
  if (!wantsFacts) return serve(visit, id);
  const { value } = found;
  const facts = value.kind === "file" ? value.file : undefined;
  return Response.json(facts, { headers: { "cache-control": "no-store" } });
}

function serve({ request, room, bindings, config }: FileVisit, id: string): Promise<Response> | Response {
  if (bindings.FILES === undefined) return problem("uploads-off", { detail: needsBinding });
  return serveFile(request, id, FileBucket.ofRoom(bindings.FILES, room, config));
}

/** The token of a call to the backend opens the files of that call's room, for the minute that it lives. */
async function isBackend(token: string, room: string, { upstreamAuth, tenant }: GatewayConfig): Promise<boolean> {
  if (upstreamAuth.mode !== "sign") return false;
  const { isUpstreamTokenOf } = await import("../auth/upstream-auth/read-upstream-token.ts");
  return isUpstreamTokenOf(token, room, tenantOfRoom(tenant, room) ?? "", upstreamAuth);
}

/** Asks the room over RPC. An object that can't be reached is restarting: the client comes back. */
function asker({ room, bindings, config }: FileVisit): (call: FileCall) => Promise<FileReply> {
  return async (call) => {
    try {
      return await stubOf(room, bindings, config).handleFile(call);
    } catch (error) {
      reportFault("room-files", error);
      return fail({ code: "draining", retryAfterMs: objectRetryMs });
    }
  };
}

const needsBinding =
  "This gateway has no store for files. Its operator binds an R2 bucket as FILES (docs/deploy.md). Files within a question, as data URLs, still work.";
const needsSecret =
  "UPSTREAM_SIGNING_KEYS is needed for addresses of files with AUTH_JWKS_URL: there is no secret to sign them with. An OPERATOR_TOKEN of 32 characters or more does, too.";
