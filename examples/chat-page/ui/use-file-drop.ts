/** Takes files that are dropped on the page or pasted into it. Keeps the browser from leaving the page for a dropped link. */
import { useEffect, useState } from "react";

/** @returns whether files are being dragged over the page. */
export function useFileDrop(onFiles: (files: readonly File[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const refuse = (event: DragEvent) => {
      const isIntoBox = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
      // Text that is dropped into a box belongs there.
      if (isIntoBox && !hasFiles(event)) return;
      event.preventDefault();
      setOver(event.type === "dragover" && hasFiles(event));
      const { files } = event.dataTransfer ?? {};
      if (event.type === "drop" && files !== undefined && files.length > 0) onFiles([...files]);
    };
    const left = ({ relatedTarget }: DragEvent) => {
      // Left for another element of the page otherwise.
      if (relatedTarget === null) setOver(false);
    };
    const paste = (event: ClipboardEvent) => {
      const { files, types } = event.clipboardData ?? {};
      // Office programs add a picture of the text to the text.
      if (files === undefined || files.length === 0 || types?.includes("text/plain") === true) return;
      event.preventDefault();
      onFiles([...files]);
    };
    window.addEventListener("dragover", refuse, { signal });
    window.addEventListener("drop", refuse, { signal });
    window.addEventListener("dragleave", left, { signal });
    window.addEventListener("paste", paste, { signal });
    return () => listening.abort();
  }, [onFiles]);
  return isOver;
}
