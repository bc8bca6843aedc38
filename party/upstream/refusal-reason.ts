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
  /** A sentence about something else in the same words: a setting, a tool's name or a file that is too large. */
  readonly except?: RegExp;
}

/** One pattern of several, so that each line is about one thing. */
function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"), "i");
}

/** In this order: services use 400 and 403 for several reasons, and their words tell which. */
const reasons: readonly Reason[] = [
  {
    code: "upstream-context-too-long",
    statuses: [413, 414, 431],
    names: anyOf(
      /context.?(?:length|window|limit|size)/,
      /(?:prompt|input|request|string).?(?:is.?)?too.?(?:long|large)/,
      /above.?max.?length|too.?many.?tokens/,
    ),
    sentence: anyOf(
      /context.(?:length|window|limit|size)|\btoo (?:long|large)\b|must be shorter than|too many (?:input )?tokens/,
      /(?:maximum|max).{0,30}\btokens?\b|reduce the length|(?:tokens|length) must be reduced/,
      /(?:maximum|max) (?:prompt|input) (?:length|characters|size)|(?:model|context|input|prompt) token limit|^token limit/,
      // "`inputs` must have less than 4096 `tokens`"
      /\binputs?\b.{0,40}must (?:have less than|be <=)/,
      // Not "请求频率超过限制": that is a rate.
      /(?:上下文|输入|提示词|对话|请求|消息|prompt|tokens?)(?:(?!频|次数|并发|速率|QPS).){0,12}(?:过长|太长|超长|超出|超过|超限)/,
    ),
    except: anyOf(
      /^\W*max_\w*tokens\b/,
      /(?:tools?|functions?)\W.{0,60}too long/,
      /\b(?:image|file|audio|video|attachment|picture|document)s?\b.{0,60}\b(?:too (?:large|long|big)|exceed)/,
    ),
  },
  {
    code: "upstream-content-policy",
    statuses: [451],
    names: anyOf(
      /content.?(?:policy|filter|management|moderation)|moderat|safety|responsible.?ai|data.?inspection/,
      /sensitive|polic|risk.?detection|guardrail/,
    ),
    sentence: anyOf(
      /content (?:management )?polic|content filter|usage (?:polic|guideline)|moderat|flagged|guardrail/,
      /safety (?:system|polic|setting|filter)|inappropriate content|high risk|(?<!case.)sensitive/,
      /敏感|违规|违禁|不安全|内容(?:安全|审核|政策)|审核.{0,4}(?:不通过|未通过|失败)/,
    ),
  },
  {
    code: "upstream-quota-exceeded",
    statuses: [402],
    names: anyOf(
      /insufficient.?(?:quota|balance|credit|fund)|quota|billing|payment|arrear|overdue|out.?of.?credit/,
      /(?:package?|credits?|balance).?exhausted/,
    ),
    sentence: anyOf(
      /insufficient.(?:quota|balance|credit|fund)|(?:exceeded|out of|used up|used all|no) .{0,20}(?:quota|credits?\b)/,
      /quota .{0,20}(?:exceeded|exhausted|reached|used up)|billing|payment required|overdue|(?:daily|monthly).{0,20}limit/,
      /余额不足|欠费|充值|(?:额度|配额|余量|资源包).{0,6}(?:用尽|用完|不足|耗尽)/,
    ),
  },
  {
    code: "upstream-auth-failed",
    statuses: [401, 403, 407],
    names: /authenticat|auth.?failure|unauthori[sz]|api.?key|permission|forbidden|access.?denied|credential|signature/i,
    sentence: anyOf(
      /api.?key|unauthori[sz]ed|not authori[sz]ed|credentials|authentication|forbidden/,
      /(?:access|security|bearer) token .{0,40}(?:invalid|expired)/,
      /鉴权|认证失败|未授权|授权错误|密钥|签名错误|(?:token|令牌).{0,4}(?:非法|无效|过期|失效)/,
    ),
  },
];

/** A limit per time that this question alone exceeds: however long one waits, it never fits. */
const neverFits = /request too large|tokens must be reduced/i;

/** Undefined where neither status nor words say why. Words win over the status, and names over sentences. */
export function reasonOf({ status, names, sentence, hasWait = false }: UpstreamRefusal): ErrorCode | undefined {
  if (status === 429 && neverFits.test(sentence)) return "upstream-context-too-long";
  const eligible = reasons.filter(
    ({ code, except }) => mayMean(code, status, hasWait) && except?.test(sentence) !== true,
  );
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
