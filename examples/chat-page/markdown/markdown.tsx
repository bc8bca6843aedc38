/**
 * Markdown from outside, drawn as React elements. No HTML string is ever made: HTML in the text is shown as text, links pass
 * `safeHref`, images become links, because a remote image would report to its host who reads this. Parsing happens in a
 * worker (`parser/`); this file only draws.
 */
import type { Element } from "hast";
import { type Components, toJsxRuntime } from "hast-util-to-jsx-runtime";
import { type ComponentProps, createContext, memo, useContext, useEffect, useRef, useState } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { useStrings } from "../language/locale.tsx";
import { useLatestPerFrame } from "../ui/frame-rate.ts";
import { CodeBlock } from "./code-block.tsx";
import { GrowingDocument, type ShownDocument } from "./growing-document.ts";
import { KeepSelection } from "./keep-selection.tsx";
import { MathRun } from "./math-run.tsx";
import { type Block, mathTag, textTag } from "./parser/parsed-markdown.ts";
import { type MarkdownParser, sharedParser } from "./parser/worker-parser.ts";
import { PlainText } from "./plain-text.tsx";
import { safeHref } from "./safe-href.ts";
import { TextRun } from "./text-run.tsx";

/** Tests supply a parser of their own. */
export const ParserContext = createContext<() => MarkdownParser>(sharedParser);

interface MarkdownProps {
  readonly text: string;
  /** The text is still growing. It is parsed at most once a frame and shows a caret at its end. */
  readonly isLive?: boolean;
}

export const Markdown = memo(function Markdown({ text, isLive = false }: MarkdownProps) {
  const shown = useDocument(useLatestPerFrame(text, isLive), isLive);
  return (
    <KeepSelection className={isLive ? "md md-live" : "md"}>
      {shown.blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever appended, and the last ones change.
        <BlockView key={index} block={block} />
      ))}
      {shown.rest === "" ? null : <PlainText text={shown.rest} />}
    </KeepSelection>
  );
});

function useDocument(text: string, isLive: boolean): ShownDocument {
  const parser = useContext(ParserContext)();
  const [shown, setShown] = useState<ShownDocument>();
  const document = useRef<GrowingDocument>(undefined);
  useEffect(() => {
    const growing = new GrowingDocument(parser, setShown);
    document.current = growing;
    return () => growing.close();
  }, [parser]);
  useEffect(() => document.current?.update({ text, isLive }), [text, isLive]);
  // The first words of a running answer are parsed within a frame or two. Until then the page shows nothing, not raw marks.
  return shown ?? { blocks: [], rest: isLive && parser.isReady ? "" : text };
}

const BlockView = memo(function BlockView({ block }: { readonly block: Block }) {
  const { content } = block;
  if (typeof content === "string") return <PlainText text={content} />;
  return toJsxRuntime(content, { Fragment, jsx, jsxs, components, passNode: true, tableCellAlignToStyle: false });
});

const components = {
  a: Link,
  img: ImageLink,
  input: Checkbox,
  pre: Pre,
  table: Table,
  [textTag]: TextRun,
  [mathTag]: MathRun,
} as Partial<Components>;

type Drawn<Tag extends "a" | "img" | "input" | "pre" | "table"> = ComponentProps<Tag> & { readonly node?: Element };

function Link({ href, children }: Drawn<"a">) {
  const safe = safeHref(href ?? "");
  // A link without a safe address is the same element without `href`: its text stays when the address arrives.
  return (
    <a href={safe} title={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function ImageLink({ src, alt }: Drawn<"img">) {
  const strings = useStrings();
  const address = typeof src === "string" ? src : "";
  const safe = safeHref(address);
  const label = strings.image(alt || address);
  return <Link href={safe ?? ""}>{label}</Link>;
}

function Checkbox({ checked }: Drawn<"input">) {
  const strings = useStrings();
  return (
    <span className="md-checkbox" role="img" aria-label={checked ? strings.taskDone : strings.taskOpen}>
      {checked ? "☑" : "☐"}
    </span>
  );
}

function Pre({ node, children }: Drawn<"pre">) {
  const code = node?.children[0];
  if (code?.type !== "element" || code.tagName !== "code") return <pre>{children}</pre>;
  const text = code.children
    .map((run) => (run.type === "element" ? String(run.properties["text"] ?? "") : ""))
    .join("");
  const [className] = (code.properties["className"] ?? []) as readonly string[];
  const language = /^language-([\w+#.-]{1,24})/.exec(className ?? "")?.[1] ?? "";
  return <CodeBlock code={text.replace(/\n$/, "")} language={language} />;
}

function Table({ dir, children }: Drawn<"table">) {
  const strings = useStrings();
  return (
    // The section scrolls by itself when it is wider than the page, so it takes the focus.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard (WCAG 2.1.1).
    <section className="md-table" aria-label={strings.table} tabIndex={0}>
      <table dir={dir}>{children}</table>
    </section>
  );
}
