/**
 * Finds out why an upstream refuses a question: conversation too long, content policy, credentials, or quota. It looks at the
 * status and at the words of a refusal. Used for error statuses, error events and whole answers that are errors.
 */
import type { ErrorCode } from "../../shared/protocol/errors.ts";

export interface UpstreamRefusal {
  readonly status?: number | undefined;
  /** Codes and types: words for programs, such as `context_length_exceeded`. */
  readonly names: string;
  /** Sentences for people. */
  readonly sentence: string;
  /** The upstream said when to ask again, so its limit is a rate and not a quota. */
  readonly hasWait?: boolean;
}

interface Reason {
  readonly code: ErrorCode;
  readonly statuses: readonly number[];
  readonly names: RegExp;
  readonly sentence: RegExp;
}

/** In this order: services use 400 and 403 for several reasons, and their words tell which. */
const reasons: readonly Reason[] = [
  {
    code: "upstream-context-too-long",
    statuses: [413, 414, 431],
    names:
      /context.?(?:length|window|limit|size)|(?:prompt|input|request|string).?(?:is.?)?too.?(?:long|large)|above.?max.?length|too.?many.?tokens/i,
    sentence:
      /context.(?:length|window|limit|size)|\btoo (?:long|large)\b|must be shorter than|too many (?:input )?tokens|(?:maximum|max).{0,30}\btokens?\b|reduce the length|(?:上下文|输入|提示词|对话|请求|消息).{0,12}(?:过长|太长|超长|超出|超过)/i,
  },
  {
    code: "upstream-content-policy",
    statuses: [451],
    names:
      /content.?(?:policy|filter|management|moderation)|moderat|safety|responsible.?ai|data.?inspection|sensitive|polic/i,
    sentence:
      /content (?:management )?polic|content filter|usage polic|moderat|flagged|safety (?:system|polic|setting|filter)|inappropriate content|敏感|违规|内容(?:安全|审核|政策)/i,
  },
  {
    code: "upstream-quota-exceeded",
    statuses: [402],
    names: /insufficient.?(?:quota|balance|credit|fund)|quota|billing|payment|arrear|out.?of.?credit/i,
    sentence:
      /insufficient.(?:quota|balance|credit|fund)|(?:exceeded|out of|used up|no) .{0,20}(?:quota|credits?\b)|quota .{0,20}(?:exceeded|exhausted|reached)|billing|payment required|余额不足|欠费|额度.{0,6}(?:用尽|用完|不足|耗尽)|配额.{0,6}(?:用尽|用完|不足|耗尽)/i,
  },
  {
    code: "upstream-auth-failed",
    statuses: [401, 403, 407],
    names: /authenticat|unauthori[sz]|api.?key|permission|forbidden|access.?denied|credential/i,
    sentence:
      /api.?key|unauthori[sz]ed|not authori[sz]ed|credentials|authentication|forbidden|鉴权|认证失败|未授权|密钥/i,
  },
];

/** Undefined where neither status nor words say why. Words win over the status, and names over sentences. */
export function reasonOf({ status, names, sentence, hasWait = false }: UpstreamRefusal): ErrorCode | undefined {
  const eligible = reasons.filter(({ code }) => mayMean(code, status, hasWait));
  const found =
    eligible.find((reason) => reason.names.test(names)) ??
    eligible.find((reason) => reason.sentence.test(sentence)) ??
    eligible.find((reason) => status !== undefined && reason.statuses.includes(status));
  return found?.code;
}

/** A server that is busy or down may use any words, so its status decides, with two exceptions. */
function mayMean(code: ErrorCode, status: number | undefined, hasWait: boolean): boolean {
  // OpenAI says 429 both for a rate and for a used-up quota.
  if (status === 429) return code === "upstream-quota-exceeded" && !hasWait;
  // Many services wrap a provider's refusal into a 500. "Authentication" then may also be a service that failed.
  if (status === 500) return code !== "upstream-auth-failed";
  return status === undefined || status < 500;
}
