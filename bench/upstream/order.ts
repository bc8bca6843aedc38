/** What the load generator asks of the backend, said in the prompt itself: every contender passes a prompt on. */

export interface Order {
  readonly tokens: number;
  /** Tokens a second; 0: as fast as they go. */
  readonly rate: number;
}

export function promptFor({ tokens, rate }: Order): string {
  return `tokens=${tokens} rate=${rate}`;
}

export function orderIn(prompt: string): Order {
  const found = /tokens=(\d+) rate=(\d+)/.exec(prompt);
  if (found === null) throw new Error(`no order in the prompt: ${prompt.slice(0, 100)}`);
  return { tokens: Number(found[1]), rate: Number(found[2]) };
}
