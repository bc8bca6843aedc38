// `npm run cost -- [--users N] [--answers N] [--tokens N] [--pace N]`: Cloudflare's bill for a month and what the Free plan carries, for
// your numbers. docs/first-deploy.md shows it for three sizes and says what isn't in it.
import { parseArgs } from "node:util";
import { conversation } from "../bench/lib/report/conversation.ts";
import { billTable, freePlanTable } from "../bench/lib/report/deployment-cost.ts";

const usage = `npm run cost -- [--users <a day>] [--answers <of one user in a day>] [--tokens <of an answer>] [--pace <tokens a second>]`;

try {
  const { values } = parseArgs({
    options: {
      users: { type: "string", default: "10000" },
      answers: { type: "string", default: String(conversation.turns) },
      tokens: { type: "string", default: String(conversation.tokensPerAnswer) },
      pace: { type: "string", default: String(conversation.tokensPerSecond) },
    },
  });
  const [users, turns, tokensPerAnswer, tokensPerSecond] = [
    values.users,
    values.answers,
    values.tokens,
    values.pace,
  ].map(positive) as [number, number, number, number];
  const shape = { ...conversation, turns, tokensPerAnswer, tokensPerSecond };
  console.log([...billTable([users], shape), "", ...freePlanTable(shape)].join("\n"));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}

function positive(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) === 0) throw new Error(`${text} must be a number above 0.`);
  return Number(text);
}
