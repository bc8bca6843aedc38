/** Reports to the page's developer what only a developer or an operator can mend. The state holds it too. Used by the connection. */

export function reportToDeveloper(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the page's developer looks for this reason in the console.
  console.error(message);
}

export function reportRefusedOrigin(): void {
  const origin = typeof location === "undefined" ? "this page's origin" : location.origin;
  reportToDeveloper(`The chat gateway refuses ${origin}. Add it to ALLOWED_ORIGINS.`);
}
