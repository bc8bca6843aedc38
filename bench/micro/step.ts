/** One thing that is timed. */
export interface Step {
  readonly name: string;
  /** How many tokens one run handles. */
  readonly tokens: number;
  readonly run: () => unknown;
}
