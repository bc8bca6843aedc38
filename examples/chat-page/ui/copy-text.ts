/** Copies to the clipboard. False when neither of the two ways works: then the caller says what to do instead. */
export async function copyText(text: string): Promise<boolean> {
  // Only pages over https, and of this machine, have the first way.
  const { clipboard } = navigator as { clipboard?: Clipboard };
  if (clipboard === undefined) return copyBySelection(text);
  try {
    await clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // The permission was denied, or the page is embedded without it.
  }
}

/** The old way, which also works over plain http: selects a hidden box with the text and runs the browser's copy command. */
function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const selection = document.getSelection();
  const ranges = Array.from({ length: selection?.rangeCount ?? 0 }, (_, index) => selection?.getRangeAt(index));
  const box = document.createElement("textarea");
  box.className = "copy-source";
  box.value = text;
  box.readOnly = true;
  box.ariaHidden = "true";
  // An open dialog keeps the focus inside itself.
  (focused?.closest("[popover], dialog") ?? document.body).append(box);
  try {
    box.select();
    return document.execCommand("copy");
  } catch {
    return false; // The browser has no such command.
  } finally {
    box.remove();
    selection?.removeAllRanges();
    for (const range of ranges) if (range !== undefined) selection?.addRange(range);
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}
