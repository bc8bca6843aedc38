/**
 * Markdown from outside, drawn as React elements. No HTML string is ever made, so there is nothing to sanitise and nothing
 * that could slip through: HTML in the text is shown as the text it is, links pass `safeHref`, images become links (a
 * remote image would tell its host who reads this). The parser is marked's lexer; its renderer is not used.
 */
import type { Token, Tokens } from "marked";
import { createElement, Fragment, memo, type ReactNode, useRef } from "react";
import { useStrings } from "../language/locale.tsx";
import { useLatestPerFrame } from "../ui/frame-rate.ts";
import { CodeBlock } from "./code-block.tsx";
import { decodeEntities } from "./entities.ts";
import { type Lexed, lex } from "./lex.ts";
import { safeHref } from "./safe-href.ts";

interface MarkdownProps {
  readonly text: string;
  /** More is coming: parsed at most once a frame, with a caret at the end. */
  readonly isLive?: boolean;
}

export const Markdown = memo(function Markdown({ text, isLive = false }: MarkdownProps) {
  const shown = useLatestPerFrame(text, isLive);
  const lexed = useRef<Lexed>(undefined);
  // A cache, not state: whatever was there before, the blocks are those of `shown`.
  if (lexed.current?.source !== shown) lexed.current = lex(shown, lexed.current);
  const { tokens, definitions } = lexed.current;
  const blocks = tokens.filter(({ type }) => type !== "space" && type !== "def");
  return createElement(
    "div",
    { className: isLive ? "md md-live" : "md" },
    // Positional children: a growing answer only ever changes its last blocks.
    ...blocks.map((token) => createElement(Block, { token, definitions })),
  );
});

interface BlockProps {
  readonly token: Token;
  readonly definitions: string;
}

const Block = memo(
  function Block({ token }: BlockProps) {
    return block(token);
  },
  (before, after) => before.token.raw === after.token.raw && before.definitions === after.definitions,
);

function all(tokens: readonly Token[] | undefined, draw: (token: Token) => ReactNode): ReactNode {
  return createElement(Fragment, null, ...(tokens ?? []).map(draw));
}

function block(token: Token): ReactNode {
  switch (token.type) {
    case "paragraph":
      return <p>{all(token.tokens, inline)}</p>;
    case "heading":
      // The page's own headings come first in its outline.
      return createElement(`h${Math.min(6, (token as Tokens.Heading).depth + 2)}`, null, all(token.tokens, inline));
    case "code":
      return <CodeBlock code={token.text} language={languageOf(token as Tokens.Code)} />;
    case "blockquote":
      return <blockquote>{all(token.tokens, block)}</blockquote>;
    case "list":
      return list(token as Tokens.List);
    case "table":
      return <Table table={token as Tokens.Table} />;
    case "hr":
      return <hr />;
    case "space":
    case "def":
      return null;
    case "html":
      return <p className="md-source">{token.raw.trimEnd()}</p>;
    default:
      return inline(token); // A tight list item holds its text without a paragraph.
  }
}

function inline(token: Token): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens === undefined ? decodeEntities(token.text) : all(token.tokens, inline);
    case "escape":
      return token.text;
    case "strong":
      return <strong>{all(token.tokens, inline)}</strong>;
    case "em":
      return <em>{all(token.tokens, inline)}</em>;
    case "del":
      return <del>{all(token.tokens, inline)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return <Checkbox isChecked={token.checked === true} />;
    case "link":
      return <Link token={token as Tokens.Link}>{all(token.tokens, inline)}</Link>;
    case "image":
      return <ImageLink token={token as Tokens.Image} />;
    case "html":
      return /^<br\s*\/?>$/i.test(token.raw) ? <br /> : token.raw;
    default:
      return token.raw;
  }
}

function languageOf(code: Tokens.Code): string {
  return /^[\w+#.-]{1,24}/.exec(code.lang ?? "")?.[0] ?? "";
}

function list(token: Tokens.List): ReactNode {
  const items = token.items.map(listItem);
  if (!token.ordered) return createElement("ul", null, ...items);
  return createElement("ol", token.start === 1 ? null : { start: Number(token.start) }, ...items);
}

function listItem(item: Tokens.ListItem): ReactNode {
  return <li className={item.task ? "md-task" : undefined}>{all(item.tokens, block)}</li>;
}

function Table({ table }: { readonly table: Tokens.Table }) {
  const strings = useStrings();
  const row = (cells: readonly Tokens.TableCell[], tag: "th" | "td") =>
    createElement(
      "tr",
      null,
      ...cells.map((cell) =>
        createElement(
          tag,
          { className: cell.align === null ? undefined : `align-${cell.align}` },
          all(cell.tokens, inline),
        ),
      ),
    );
  return (
    // Scrolls on its own when wider than the page, so it takes the keyboard's focus.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard (WCAG 2.1.1).
    <section className="md-table" aria-label={strings.table} tabIndex={0}>
      <table>
        <thead>{row(table.header, "th")}</thead>
        {createElement("tbody", null, ...table.rows.map((cells) => row(cells, "td")))}
      </table>
    </section>
  );
}

function Checkbox({ isChecked }: { readonly isChecked: boolean }) {
  const strings = useStrings();
  return (
    <span className="md-checkbox" role="img" aria-label={isChecked ? strings.taskDone : strings.taskOpen}>
      {isChecked ? "☑" : "☐"}
    </span>
  );
}

function Link({ token, children }: { readonly token: Tokens.Link; readonly children: ReactNode }) {
  const href = safeHref(token.autolink === true ? token.href : decodeEntities(token.href));
  if (href === undefined) return <span className="md-reference">{children}</span>;
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function ImageLink({ token }: { readonly token: Tokens.Image }) {
  const strings = useStrings();
  const href = safeHref(decodeEntities(token.href));
  const label = `${strings.image}: ${decodeEntities(token.text) || token.href}`;
  if (href === undefined) return <span className="md-reference">{label}</span>;
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {label}
    </a>
  );
}
