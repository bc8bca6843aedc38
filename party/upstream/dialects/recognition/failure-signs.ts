/**
 * Tells whether an object that names no role is a failure, whatever the status of its response: something under `error`, the body
 * of a NestJS exception, or a business code.
 */
import { isObject, type JsonObject } from "../stream-event.ts";

/** Without one of these keys an object is no failure, which is all that most tokens are asked. */
const suspects: ReadonlySet<string> = new Set(
  [
    "error errors statusCode status error_code errorCode error_message success ok base_resp header code detail response",
    "isError is_error hasError has_error err exception data result payload",
  ]
    .join(" ")
    .split(" "),
);

/** Whether an object that names no role is a failure. */
export function saysError(value: JsonObject): boolean {
  for (const key in value) if (suspects.has(key)) return isFailure(value);
  return false;
}

function isFailure(value: JsonObject): boolean {
  const { errors, code } = value;
  for (const key of errorKeys) if (saysSomething(value[key])) return true;
  // Inside of an envelope, which is a cloud's or the service's own.
  for (const key of envelopeKeys) {
    const inner = value[key];
    if (isObject(inner) && saysSomething(inner["error"]) && !("content" in inner || "text" in inner)) return true;
  }
  if (Array.isArray(errors) && errors.length > 0) return true;
  if (isStatus(value["statusCode"]) && "message" in value) return true;
  if (isStatus(value["status"]) && ("message" in value || "detail" in value)) return true;
  if (isSet(value["error_code"]) || isSet(value["errorCode"])) return true;
  if (typeof value["error_message"] === "string" && value["error_message"] !== "") return true;
  if (value["success"] === false || value["ok"] === false) return true;
  if (value["status"] === false && wordKeys.some((key) => key in value)) return true;
  if (errorFlags.some((key) => value[key] === true)) return true;
  if (isObject(value["base_resp"]) && isSet(value["base_resp"]["status_code"])) return true;
  if (isObject(value["header"]) && isSet(value["header"]["code"])) return true;
  if (code !== undefined) return failsByCode(value, code);
  return onlyHas(value, detailKeys) && typeof value["detail"] === "string";
}

const errorKeys = ["error", "err", "exception"] as const;
const envelopeKeys = ["data", "result", "payload", "response"] as const;
const wordKeys = ["message", "msg", "detail"] as const;

const saysSomething = (error: unknown) =>
  error !== undefined && error !== null && error !== false && error !== "" && error !== 0;

const errorFlags = ["isError", "is_error", "hasError", "has_error"] as const;
const detailKeys: ReadonlySet<string> = new Set(["detail"]);
/** An object with a code and nothing but these beside it has nothing else to say. */
const codeKeys: ReadonlySet<string> = new Set(
  "code message msg detail details request_id requestId trace_id traceId timestamp path success data type".split(" "),
);

/** 0 and 2xx are success. A code of other kinds fails where there is nothing beside it but words about it. */
function failsByCode(value: JsonObject, code: unknown): boolean {
  const number =
    typeof code === "number" ? code : typeof code === "string" && /^-?\d+$/.test(code) ? Number(code) : NaN;
  if (isStatus(number)) return true;
  if (number === 0 || (number >= 200 && number < 400) || number === 20_000) return false;
  if (Number.isNaN(number) && typeof code !== "string") return false;
  const data = value["data"];
  return (data === undefined || data === null || data === "" || data === false) && onlyHas(value, codeKeys);
}

function onlyHas(value: JsonObject, keys: ReadonlySet<string>): boolean {
  return Object.keys(value).every((key) => keys.has(key));
}

/** A code that is neither absent nor "no error". */
function isSet(code: unknown): boolean {
  return (typeof code === "number" && code !== 0) || (typeof code === "string" && code !== "" && code !== "0");
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 400 && value < 600;
}
