/** Shown in an empty room: what this is, suggested questions, and hints. */

import { useLocale, useStrings } from "../language/locale.tsx";
import type { PageContext } from "../rooms/page-context.ts";
import { Icon, Logo } from "../ui/icons.tsx";

interface EmptyStateProps {
  readonly context: PageContext;
  readonly canSend: boolean;
  readonly onAsk: (prompt: string) => void;
}

export function EmptyState({ context, canSend, onAsk }: EmptyStateProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  return (
    <section className="empty">
      <Logo />
      <h2>{context.greeting?.[locale] ?? strings.greeting}</h2>
      <p className="lead">{strings.whatThisIs}</p>
      {context.suggestions.length === 0 ? null : (
        <ul className="suggestions" aria-label={strings.suggestions}>
          {context.suggestions.map((suggestion) => (
            <li key={suggestion.en}>
              <button type="button" disabled={!canSend} onClick={() => onAsk(suggestion[locale])}>
                {suggestion[locale]}
              </button>
            </li>
          ))}
        </ul>
      )}
      <h3>{strings.hintsTitle}</h3>
      <ul className="hints">
        <li>
          <Icon name="tabs" />
          <span>{strings.hintTab}</span>
        </li>
        <li>
          <Icon name="stop" />
          <span>{strings.hintStop}</span>
        </li>
        <li>
          <Icon name="retry" />
          <span>{strings.hintReload}</span>
        </li>
      </ul>
    </section>
  );
}
