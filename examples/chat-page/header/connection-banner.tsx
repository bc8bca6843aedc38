/** Shows a banner, with a button that helps, while the page is not connected. */
import type { ReactNode } from "react";
import type { ConnectionState } from "../../../client/index.ts";
import { useSecondsUntil } from "../../../client/react.tsx";
import { messageFor } from "../../../shared/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";

interface BannerProps {
  readonly connection: ConnectionState;
  readonly onReconnect: () => void;
}

export function ConnectionBanner({ connection, onReconnect }: BannerProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  switch (connection.state) {
    case "connecting":
    case "online":
      return null;
    case "reconnecting":
      return (
        <Reconnecting
          retryAt={connection.retryAt}
          reason={connection.code === undefined ? undefined : messageFor(connection.code, locale, connection.message)}
          onReconnect={onReconnect}
        />
      );
    case "offline":
      return <Banner text={strings.offlineDetail} />;
    case "closed": {
      const { code, message } = connection;
      const text = code === undefined ? (message ?? strings.closedDetail) : messageFor(code, locale, message);
      // An outdated page is refused until it is reloaded.
      const mustReload = code === "version-unsupported";
      return (
        <Banner text={text} tone="bad">
          <button type="button" onClick={mustReload ? () => location.reload() : onReconnect}>
            {mustReload ? strings.reloadPage : strings.reconnect}
          </button>
        </Banner>
      );
    }
  }
}

interface ReconnectingProps {
  readonly retryAt: number;
  /** The obstacle, where one is known. */
  readonly reason: string | undefined;
  readonly onReconnect: () => void;
}

function Reconnecting({ retryAt, reason, onReconnect }: ReconnectingProps) {
  const strings = useStrings();
  const seconds = useSecondsUntil(retryAt) ?? 0;
  return (
    <Banner text={strings.joined([reason ?? "", strings.reconnectingIn(seconds)].filter((text) => text !== ""))}>
      <button type="button" onClick={onReconnect}>
        {strings.tryNow}
      </button>
    </Banner>
  );
}

interface BannerLineProps {
  readonly text: string;
  readonly tone?: "warn" | "bad";
  readonly children?: ReactNode;
}

export function Banner({ text, tone = "warn", children }: BannerLineProps) {
  return (
    <div className={`banner banner-${tone}`}>
      <p>{text}</p>
      {children}
    </div>
  );
}
