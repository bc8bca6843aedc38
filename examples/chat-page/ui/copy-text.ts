/** Copies to the clipboard; false when the browser refuses (no permission, or a page that is neither https nor localhost). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // The caller says so; there is nothing else to try that still works without a secure context.
  }
}
