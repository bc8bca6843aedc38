/** The sources of an answer as a numbered list of links. A source without a safe address is shown without a link. */
import type { UiPart } from "../../../../shared/index.ts";
import { useStrings } from "../../language/locale.tsx";
import { safeHref } from "../../markdown/safe-href.ts";

interface SourcePart {
  readonly type: "source-url" | "source-document";
  readonly url?: unknown;
  readonly title?: unknown;
  readonly filename?: unknown;
}

export function isSourcePart(part: UiPart): part is UiPart & SourcePart {
  return part.type === "source-url" || part.type === "source-document";
}

export function Sources({ sources }: { readonly sources: readonly SourcePart[] }) {
  const strings = useStrings();
  const listed = withoutRepetition(sources);
  if (listed.length === 0) return null;
  return (
    <section className="sources" aria-label={strings.sources}>
      <h3>{strings.sources}</h3>
      <ol>
        {listed.map(({ key, href, title, detail }) => (
          <li key={key}>
            {href === undefined ? (
              <span>{title}</span>
            ) : (
              <a href={href} target="_blank" rel="noopener noreferrer nofollow">
                {title}
              </a>
            )}
            {detail === undefined ? null : <span className="source-detail">{detail}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

interface Listed {
  readonly key: string;
  readonly href: string | undefined;
  readonly title: string;
  readonly detail: string | undefined;
}

/** The same page is listed once, at its first place. */
function withoutRepetition(sources: readonly SourcePart[]): Listed[] {
  const byKey = new Map<string, Listed>();
  for (const { type, url, title, filename } of sources) {
    const address = textOr(url, "");
    const href = type === "source-url" ? safeHref(address) : undefined;
    const host = href === undefined ? undefined : new URL(href).host;
    const name = textOr(title, host ?? textOr(filename, address));
    const detail = type === "source-url" ? host : textOr(filename, "");
    const key = `${type} ${href ?? address} ${type === "source-document" ? `${name} ${detail}` : ""}`;
    if (!byKey.has(key)) byKey.set(key, { key, href, title: name, detail: detail === name ? undefined : detail });
  }
  return [...byKey.values()];
}

function textOr(value: unknown, other: string): string {
  return typeof value === "string" && value.trim() !== "" ? value : other;
}
