/**
 * The name of the room with a menu: copy the link, open a new, named or recent room, clear this one. The menu is a native
 * popover, so the browser handles Esc, clicks outside and the focus.
 */
import { type FormEvent, useRef, useState } from "react";
import { roomNamePattern } from "../../../shared/index.ts";
import { useStrings } from "../language/locale.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Icon } from "../ui/icons.tsx";

export interface Rooms {
  readonly current: string;
  readonly recent: readonly string[];
  /** The address that opens the current room. */
  readonly link: string;
  readonly open: (room: string) => void;
  readonly openNew: () => void;
}

interface RoomMenuProps {
  readonly rooms: Rooms;
  /** Absent when there is nothing to clear. */
  readonly onClear?: (() => void) | undefined;
}

export function RoomMenu({ rooms, onClear }: RoomMenuProps) {
  const strings = useStrings();
  const menu = useRef<HTMLDivElement>(null);
  const close = () => menu.current?.hidePopover?.();
  const others = rooms.recent.filter((name) => name !== rooms.current);
  const act = (action: () => void) => () => {
    close();
    action();
  };
  return (
    <>
      <button
        type="button"
        className="room-name"
        popoverTarget="room-menu"
        aria-label={strings.roomMenu(rooms.current)}
      >
        <span>{rooms.current}</span>
        <Icon name="chevron" />
      </button>
      <div id="room-menu" ref={menu} className="menu" popover="auto" role="dialog" aria-label={strings.room}>
        <CopyButton
          text={rooms.link}
          label={strings.copyLink}
          done={strings.linkCopied}
          failed={strings.copyLinkFailed}
        />
        <button type="button" className="quiet" onClick={act(rooms.openNew)}>
          <Icon name="plus" />
          <span>{strings.newRoom}</span>
        </button>
        {onClear === undefined ? null : <ClearButton onClear={act(onClear)} />}
        <OpenRoom onOpen={(name) => act(() => rooms.open(name))()} />
        {others.length === 0 ? null : (
          <nav aria-label={strings.recentRooms}>
            <h2>{strings.recentRooms}</h2>
            <ul>
              {others.map((name) => (
                <li key={name}>
                  <button type="button" className="quiet" onClick={act(() => rooms.open(name))}>
                    {name}
                  </button>
                </li>
              ))}
            </ul>
          </nav>
        )}
      </div>
    </>
  );
}

/** Asks for confirmation in its place, because clearing affects everyone in the room and can't be undone. */
function ClearButton({ onClear }: { readonly onClear: () => void }) {
  const strings = useStrings();
  const [isSure, setSure] = useState(false);
  const press = () => {
    if (isSure) onClear();
    setSure(!isSure);
  };
  return (
    <button type="button" className={isSure ? "quiet danger" : "quiet"} onClick={press} onBlur={() => setSure(false)}>
      <Icon name="trash" />
      <span aria-live="polite">{isSure ? strings.clearRoomSure : strings.clearRoom}</span>
    </button>
  );
}

function OpenRoom({ onOpen }: { readonly onOpen: (name: string) => void }) {
  const strings = useStrings();
  const [name, setName] = useState("");
  const isValid = roomNamePattern.test(name);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!isValid) return;
    setName("");
    onOpen(name);
  };
  return (
    <form className="open-room" onSubmit={onSubmit}>
      <label htmlFor="open-room">{strings.openRoomLabel}</label>
      <div>
        <input
          id="open-room"
          value={name}
          placeholder={strings.openRoomPlaceholder}
          maxLength={128}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setName(event.target.value.trim())}
        />
        <button type="submit" disabled={!isValid}>
          {strings.open}
        </button>
      </div>
    </form>
  );
}
