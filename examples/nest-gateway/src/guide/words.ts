/** Text to search terms: English words lightly stemmed, names of settings also in parts, Chinese as pairs of characters. */

const stopWords = new Set(
  `a an and are as at be been but by can could did do does doing for from get gets give had has have how i if in into is it its just let
  make makes me my of on or our please s so such t tell than that the their them then there these they this to up us use used uses using
  was we were what when where which who why will with would you your about should happen happens mean means explain show work works need
  want going through one any some much many way`.split(/\s+/),
);

/** Words of a question that say nothing about its subject; cut out before pairs are made, or they would pair with it. */
const chineseStops =
  /什么|怎么样|怎么|怎样|如何|为什么|为何|哪些|哪里|哪个|多少|是否|可以|可不可以|能不能|能否|应该|需要|请问|一下|告诉我|解释|介绍|的话|时候|我们|你们|它们|有没有|是不是|会不会|[的了吗呢吧啊呀是在有和与或我你它他她这那会能要就都也被把对于]/g;

/** Different words for one thing, each mapped to the one that the documentation says. */
const synonyms: Record<string, string> = {
  abort: "cancel",
  stop: "cancel",
  interrupt: "cancel",
  halt: "cancel",
  auth: "authentication",
  authenticate: "authentication",
  login: "authentication",
  install: "start",
  run: "start",
  launch: "start",
  reconnect: "resume",
  recover: "resume",
  config: "setting",
  configuration: "setting",
  configure: "setting",
  option: "setting",
  ws: "websocket",
  failure: "error",
  fail: "error",
  throttle: "limit",
  ratelimit: "limit",
  licence: "license",
  publish: "deploy",
  deployment: "deploy",
};

const han = /\p{Script=Han}/u;

export const isChinese = (text: string): boolean => han.test(text);

/** The terms of a text, in order, repeated as often as they occur. Documents and questions go through the same function. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const [run] of text.normalize("NFKC").matchAll(/\p{Script=Han}+|[\p{Alphabetic}\p{Number}_]+/gu)) {
    // A run of letters may hold both scripts: 房间room.
    for (const [piece] of run.matchAll(/\p{Script=Han}+|[^\p{Script=Han}]+/gu)) {
      if (isChinese(piece)) terms.push(...chineseTerms(piece));
      else terms.push(...latinTerms(piece));
    }
  }
  return terms;
}

function chineseTerms(run: string): string[] {
  return run
    .replace(chineseStops, " ")
    .split(" ")
    .flatMap((piece) => {
      const characters = Array.from(piece);
      if (characters.length === 1) return characters;
      return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
    });
}

function latinTerms(run: string): string[] {
  const parts = run.split(/_+|(?<=[a-z0-9])(?=[A-Z])/).filter((part) => part !== "");
  const terms = parts
    .map((part) => part.toLowerCase())
    .filter((part) => !stopWords.has(part))
    .map(termOf);
  // MAX_ACTIVE_TURNS is found by its parts, and best by its name.
  if (parts.length > 1) terms.push(run.toLowerCase());
  return terms;
}

function termOf(word: string): string {
  const stem = stemOf(synonyms[word] ?? word);
  return synonymStems.get(stem) ?? stem;
}

/** Endings only, and only where enough of the word is left: stops, stopped and stopping meet; a wrong cut does no harm if it is the same everywhere. */
function stemOf(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  let stem = word;
  if (stem.endsWith("ies")) stem = `${stem.slice(0, -3)}y`;
  else if (/(?:ss|x|ch|sh)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (stem.endsWith("s") && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
  for (const ending of ["ations", "ation", "ing", "ed", "er", "ment", "ly", "able"]) {
    if (!stem.endsWith(ending) || stem.length - ending.length < 3) continue;
    stem = stem.slice(0, -ending.length);
    break;
  }
  stem = stem.replace(/([bdgklmnprt])\1$/, "$1");
  return stem.length > 3 ? stem.replace(/e$/, "") : stem;
}

const synonymStems = new Map(Object.entries(synonyms).map(([word, meant]) => [stemOf(word), stemOf(meant)]));
