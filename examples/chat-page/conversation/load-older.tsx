/** The control at the top of the log that loads older turns. */

import type { OlderState } from "../../../client/index.ts";
import { ERRORS, messageFor } from "../../../shared/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";
import { Icon } from "../ui/icons.tsx";

interface OlderProps {
  readonly older: OlderState;
  readonly onLoad: () => void;
}

export function Older({ older, onLoad }: OlderProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const isLoading = older.state === "loading";
  if (older.state === "none") return null;
  const said = older.state === "failed" ? [strings.olderFailed] : [];
  if (older.state === "failed" && Object.hasOwn(ERRORS, older.error.code)) {
    said.push(messageFor(older.error.code, locale, older.error.message));
  }
  return (
    <div className="older">
      {said.length === 0 ? null : <p>{strings.joined(said)}</p>}
      {/* It isn't `disabled` while it loads, because a disabled button loses the focus. */}
      <button type="button" className="quiet" aria-disabled={isLoading} onClick={isLoading ? undefined : onLoad}>
        <Icon name={isLoading ? "clock" : "up"} />
        <span>{isLoading ? strings.olderLoading : strings.loadOlder}</span>
      </button>
    </div>
  );
}
