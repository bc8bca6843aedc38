/**
 * Text that this component writes to the DOM itself, for two reasons. Appending keeps a reader's selection, which React's
 * replacement of the whole text collapses. And a browser that translates the page replaces text nodes: React would go on
 * writing to the removed ones, and the answer would stay cut off.
 */
import { useLayoutEffect, useRef } from "react";

export function TextRun({ text }: { readonly text: string }) {
  const host = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (host.current !== null) showText(host.current, text);
  }, [text]);
  return <span ref={host} />;
}

/** Makes `text` the content of `host` and touches as little of it as possible. */
export function showText(host: Element, text: string): void {
  const node = host.firstChild;
  if (!(node instanceof Text) || host.childNodes.length > 1) {
    host.textContent = text;
    return;
  }
  const { data } = node;
  let common = 0;
  const most = Math.min(data.length, text.length);
  while (common < most && data.charCodeAt(common) === text.charCodeAt(common)) common += 1;
  if (common < data.length) node.deleteData(common, data.length - common);
  if (common < text.length) node.appendData(text.slice(common));
}
