/**
 * Shows the state of the connection in the header. Its menu shows the transport, why no faster one is used, and a switch that
 * blocks the faster transports, to demonstrate that the conversation continues over the others.
 */
import type { ConnectionState } from "../../../client/index.ts";
import { useStrings } from "../language/locale.tsx";
import type { Strings } from "../language/strings.ts";
import { BLOCKED, type Blocked } from "./network-blocker.ts";

/** The page's network, whose blocking the user can choose. */
export interface Network {
  readonly blocked: Blocked;
  readonly block: (blocked: Blocked) => void;
}

interface ConnectionMenuProps {
  readonly connection: ConnectionState;
  readonly network: Network;
}

export function ConnectionMenu({ connection, network }: ConnectionMenuProps) {
  const strings = useStrings();
  const text = badgeText(connection, strings);
  return (
    <>
      <button
        type="button"
        className={`quiet badge badge-${connection.state}`}
        popoverTarget="connection-menu"
        title={strings.howConnected}
      >
        <i aria-hidden="true" />
        <span>{text}</span>
      </button>
      <div
        id="connection-menu"
        className="menu menu-end"
        popover="auto"
        role="dialog"
        aria-label={strings.howConnected}
      >
        <ConnectionDetail connection={connection} />
        <fieldset className="block-choices">
          <legend>{strings.blockLegend}</legend>
          {BLOCKED.map((blocked) => (
            <label key={blocked}>
              <input
                type="radio"
                name="blocked"
                checked={network.blocked === blocked}
                onChange={() => network.block(blocked)}
              />
              <span>{strings.blockChoices[blocked]}</span>
            </label>
          ))}
        </fieldset>
      </div>
    </>
  );
}

function ConnectionDetail({ connection }: { readonly connection: ConnectionState }) {
  const strings = useStrings();
  if (connection.state !== "online") return <p className="transport">{strings.notConnected}</p>;
  const { transport, because } = connection;
  return (
    <div className="transport">
      <p>
        <strong>{strings.transport[transport]}</strong>
        <span>{strings.transportDetail[transport]}</span>
      </p>
      {because === undefined ? null : (
        <p className="reason">{strings.joined([strings.steppedDown[because], strings.triesBetter])}</p>
      )}
    </div>
  );
}

function badgeText(connection: ConnectionState, strings: Strings): string {
  if (connection.state !== "online") return strings[connection.state];
  return connection.transport === "websocket" ? strings.online : strings.onlineOver[connection.transport];
}
