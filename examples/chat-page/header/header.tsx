/** The bar at the top: where one is, who else is here, how the connection stands, which language is spoken. */
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
  /** Absent where there is nothing to show in a panel. */
  readonly onPanel?: (() => void) | undefined;
}

export function Header({ rooms, connection, network, viewers, onClear, isPanelOpen, onPanel }: HeaderProps) {
  const strings = useStrings();
  // The count is the room's word, and the room is not there to give it unless we are online.
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

/** Names the other language in that language, so that whoever needs it can read it. */
function LanguageSwitch() {
  const { locale, setLocale } = useLocale();
  const other = locale === "en" ? "zh-CN" : "en";
  return (
    <button type="button" className="quiet language" lang={other} onClick={() => setLocale(other)}>
      {other === "en" ? "English" : "简体中文"}
    </button>
  );
}
