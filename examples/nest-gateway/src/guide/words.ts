/** Splits text into words for the search: English and Chinese, names of settings also by their parts. */

const segmenter = new Intl.Segmenter("zh-CN", { granularity: "word" });

/** Words that a question holds whatever it is about. */
const stopWords = new Set(
  `a about an and are as at be but by can could did do does for from get gets give had has have happen happens how i if in into is it its
  just let make me mean means my need of on or our please should so than that the their them then there these they this to up us
  use used uses using was we were what when where which who why will with would work works you your
  一下 为什么 为何 了 什么 会 你 你们 可以 吗 呢 和 哪些 哪个 哪里 在 多少 如何 对 应该 怎么 怎么样 怎样 我 我们 把 时 时候 是 是否 有 的 能 被 要 该 请问 还是 需要`.split(
    /\s+/,
  ),
);

/** Words that people ask with, and the word that the documentation uses. */
const synonyms = new Map(
  Object.entries({
    token: "auth authenticate authentication login sign",
    erase: "delete remove",
    resume: "reconnect",
    stop: "abort cancel halt",
    setting: "environment variables config configuration configure",
    license: "licence",
    deploy: "publish",
    error: "failure",
    websocket: "ws",
    保留: "保存",
    令牌: "登录 认证 身份",
    断网: "断线",
    恢复: "重连",
    停止: "取消",
  }).flatMap(([meant, words]) => words.split(" ").map((word) => [word, meant] as const)),
);

const han = /\p{Script=Han}/u;

export const isChinese = (text: string): boolean => han.test(text);

/** Words in order, as often as they occur. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text.normalize("NFKC"))) {
    if (isWordLike !== true) continue;
    words.push(segment);
    const parts = segment.split(/[_.]+|(?<=[a-z0-9])(?=[A-Z])/);
    if (parts.length > 1) words.push(...parts);
  }
  return words;
}

/** The form under which a word is found; undefined for one that says nothing. */
export function termOf(word: string): string | undefined {
  const lower = synonyms.get(word.toLowerCase()) ?? word.toLowerCase();
  if (lower === "" || stopWords.has(lower)) return undefined;
  return isChinese(lower) || lower.length < 4 ? lower : stemOf(lower);
}

/** Cuts endings, so that stops, stopped and stopping meet. A wrong cut does no harm, because it is the same everywhere. */
function stemOf(word: string): string {
  const singular = word.replace(/ies$/, "y").replace(/(?<=[^su])s$/, "");
  const stem = singular.replace(/(?<=.{3})(?:ations?|ing|ed|ment)$/, "");
  return stem.replace(/([bdglmnprt])\1$/, "$1").replace(/(?<=.{3})e$/, "");
}
