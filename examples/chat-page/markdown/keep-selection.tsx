/**
 * Keeps a reader's selection where elements around the selected text change, such as a list that gets space between its items
 * once a blank line arrives. The browser drops a selection whose text nodes are removed. A text that only grows doesn't need
 * this (`text-run.tsx`). A class, because React has no other means to read the selection before a change.
 */
import { Component, createRef, type ReactNode } from "react";

interface KeepSelectionProps {
  readonly className: string;
  readonly children: ReactNode;
}

/** Positions count the characters of the text inside of the host. */
interface SelectedText {
  readonly anchor: number;
  readonly focus: number;
  readonly text: string;
}

export class KeepSelection extends Component<KeepSelectionProps> {
  readonly #host = createRef<HTMLDivElement>();

  override getSnapshotBeforeUpdate(): SelectedText | null {
    return this.#host.current === null ? null : selectedIn(this.#host.current);
  }

  override componentDidUpdate(_: unknown, __: unknown, selected: SelectedText | null): void {
    if (this.#host.current !== null && selected !== null) select(this.#host.current, selected);
  }

  override render(): ReactNode {
    const { className, children } = this.props;
    return (
      <div ref={this.#host} className={className}>
        {children}
      </div>
    );
  }
}

/** Null where nothing is selected, or not only in `host`. */
function selectedIn(host: Element): SelectedText | null {
  const selection = document.getSelection();
  const { anchorNode, focusNode } = selection ?? {};
  if (!selection || selection.isCollapsed || !anchorNode || !focusNode) return null;
  if (!host.contains(anchorNode) || !host.contains(focusNode)) return null;
  return {
    anchor: positionOf(host, anchorNode, selection.anchorOffset),
    focus: positionOf(host, focusNode, selection.focusOffset),
    text: selection.toString(),
  };
}

function positionOf(host: Element, node: Node, offset: number): number {
  const before = document.createRange();
  before.setStart(host, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

/** Does nothing where the selection is still there, or where its text no longer stands at its position. */
function select(host: Element, { anchor, focus, text }: SelectedText): void {
  const selection = document.getSelection();
  if (selection === null || selection.toString() === text) return;
  // The earlier end lies at the start of a text and the later one at its end, so that no neighbour is selected.
  const isForward = anchor <= focus;
  const from = pointAt(host, anchor, isForward);
  const to = pointAt(host, focus, !isForward);
  if (from === undefined || to === undefined) return;
  const restored = document.createRange();
  restored.setStart(...(isForward ? from : to));
  restored.setEnd(...(isForward ? to : from));
  if (withoutSpace(restored.toString()) === withoutSpace(text)) selection.setBaseAndExtent(...from, ...to);
}

function pointAt(host: Element, position: number, isStart: boolean): [Text, number] | undefined {
  const texts = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
  let left = position;
  for (let node = texts.nextNode(); node instanceof Text; node = texts.nextNode()) {
    if (isStart ? left < node.length : left <= node.length) return [node, left];
    left -= node.length;
  }
  return undefined;
}

/** A selection adds line breaks between blocks; a range doesn't. */
function withoutSpace(text: string): string {
  return text.replace(/\s+/g, "");
}
