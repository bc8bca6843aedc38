/** Keeps the browser from leaving the page for a file or a link that is dropped on it. Calls `onFiles` for files. */
import { useEffect } from "react";

export function useFileDrop(onFiles: () => void): void {
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const refuse = (event: DragEvent) => {
      const hasFiles = event.dataTransfer?.types.includes("Files") === true;
      const isIntoBox = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
      // Text that is dropped into a box belongs there.
      if (isIntoBox && !hasFiles) return;
      event.preventDefault();
      if (event.type === "drop" && hasFiles) onFiles();
    };
    const paste = (event: ClipboardEvent) => {
      const { files, types } = event.clipboardData ?? {};
      // Office programs add a picture of the text to the text.
      if (files !== undefined && files.length > 0 && types?.includes("text/plain") !== true) onFiles();
    };
    window.addEventListener("dragover", refuse, { signal });
    window.addEventListener("drop", refuse, { signal });
    window.addEventListener("paste", paste, { signal });
    return () => listening.abort();
  }, [onFiles]);
}
