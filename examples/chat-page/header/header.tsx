/** The bar at the top: the room, the number of viewers, the connection and the language. */
import type { ConnectionState } from "../../../client/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";
import { Icon, Logo } from "../ui/icons.tsx";
import { ConnectionMenu, type Network } from "./connection-menu.tsx";
import { RoomMenu, type Rooms } from "./room-menu.tsx";

interface HeaderProps {
  readonly rooms: Rooms;
  readonly connection: ConnectionState;
  readonly network: Network;
  readonly viewers: number;
  readonly onClear?: (() => void) | undefined;
  readonly isPanelOpen: boolean;
  /** Absent when there is no developer panel. */
  readonly onPanel?: (() => void) | undefined;
}

export function Header({ rooms, connection, network, viewers, onClear, isPanelOpen, onPanel }: HeaderProps) {
  const strings = useStrings();
  // The count comes from the room, so it is known only while the page is online.
  const isCountKnown = connection.state === "online" && viewers > 0;
  return (
    <header className="header">
      <h1>
        <Logo />
        <span>{strings.appName}</span>
      </h1>
      <RoomMenu rooms={rooms} onClear={onClear} />
      <div className="header-end">
        {isCountKnown ? (
          <span className="viewers" title={strings.viewers(viewers)}>
            <Icon name="people" />
            <span aria-hidden="true">{viewers}</span>
            <span className="sr-only">{strings.viewers(viewers)}</span>
          </span>
        ) : null}
        {onPanel === undefined ? null : (
          <button
            type="button"
            className="quiet panel-toggle"
            aria-label={strings.developerPanel}
            title={strings.developerPanel}
            aria-expanded={isPanelOpen}
            aria-controls="developer-panel"
            onClick={onPanel}
          >
            <Icon name="code" />
          </button>
        )}
        <ConnectionMenu connection={connection} network={network} />
        <LanguageSwitch />
      </div>
    </header>
  );
}

/** The label is in the other language, so that a person who needs that language can read it. */
function LanguageSwitch() {
  const { locale, setLocale } = useLocale();
  const other = locale === "en" ? "zh-CN" : "en";
  return (
    <button type="button" className="quiet language" lang={other} onClick={() => setLocale(other)}>
      {other === "en" ? "English" : "简体中文"}
    </button>
  );
}
