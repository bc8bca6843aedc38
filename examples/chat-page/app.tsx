/** Connects the page to a real room: reads the room from the address, makes its client, loads the backend's greeting. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { readItem, useChatRoom, writeItem } from "../../client/react.tsx";
import { messageFor } from "../../shared/index.ts";
import type { FileUploads } from "./attachments/use-attachments.ts";
import { Chat } from "./conversation/chat.tsx";
import { Timeline } from "./developer-panel/timeline.ts";
import type { Network } from "./header/connection-menu.tsx";
import { BLOCKED, type Blocked, NetworkBlocker } from "./header/network-blocker.ts";
import type { Rooms } from "./header/room-menu.tsx";
import { useDeviceNetwork } from "./header/use-device-network.ts";
import { useLocale, useStrings } from "./language/locale.tsx";
import { EMPTY_CONTEXT, loadPageContext, type PageContext } from "./rooms/page-context.ts";
import { recentRooms, rememberRoom } from "./rooms/recent-rooms.ts";
import { parseRoomAddress, type RoomAddress, randomRoomName, roomUrl } from "./rooms/room-url.ts";

const blockedKey = "edge-chat.blocked";
/** One for the whole page, because a client keeps the functions that it was given. */
const networkBlocker = new NetworkBlocker(
  BLOCKED.find((name) => name === readItem("session", blockedKey)) ?? "nothing",
);

export function App() {
  const [address, setAddress] = useState(enterAddress);
  const [context, setContext] = useState<PageContext>(EMPTY_CONTEXT);

  useEffect(() => {
    const onPopState = () => setAddress(enterAddress());
    window.addEventListener("popstate", onPopState);
    return () => window.removeEventListener("popstate", onPopState);
  }, []);

  useEffect(() => {
    const leaving = new AbortController();
    void loadPageContext(leaving.signal).then((loaded) => {
      if (!leaving.signal.aborted) setContext(loaded);
    });
    return () => leaving.abort();
  }, []);

  const open = (room: string) => {
    history.pushState(null, "", roomUrl(location.href, room));
    setAddress(enterAddress());
  };
  const openNew = () => open(randomRoomName());

  if (address.kind !== "room") {
    return <Nowhere name={address.kind === "invalid" ? address.name : ""} onNew={openNew} />;
  }
  const { room } = address;
  const rooms: Rooms = { current: room, recent: recentRooms(), link: roomUrl(location.href, room), open, openNew };
  return <Room key={room} room={room} rooms={rooms} context={context} />;
}

/** The chosen blocking. It is kept for the tab over a reload. */
function useNetwork(): Network {
  const [blocked, setBlocked] = useState(networkBlocker.blocked);
  return useMemo(() => {
    const block = (next: Blocked) => {
      writeItem("session", blockedKey, next === "nothing" ? "" : next);
      networkBlocker.set(next);
      setBlocked(next);
    };
    return { blocked, block };
  }, [blocked]);
}

/** Reads the room from the address. An address without one gets a new room, so that a copy of the address opens the same room. */
function enterAddress(): RoomAddress {
  const address = parseRoomAddress(location.search);
  if (address.kind !== "none") return address;
  const room = randomRoomName();
  history.replaceState(null, "", roomUrl(location.href, room));
  return { kind: "room", room };
}

interface RoomProps {
  readonly room: string;
  readonly rooms: Rooms;
  readonly context: PageContext;
}

function Room({ room, rooms, context }: RoomProps) {
  const strings = useStrings();
  const network = useNetwork();
  const [timeline] = useState(() => new Timeline());
  const device = useDeviceNetwork();
  const chat = useChatRoom({
    room,
    WebSocket: networkBlocker.WebSocket,
    fetch: networkBlocker.fetch,
    onFrame: useCallback(
      (frame) => {
        device.onFrame();
        timeline.onFrame(frame);
      },
      [device.onFrame, timeline],
    ),
  });
  const uploads = useMemo(() => uploadsInto(room), [room]);
  const connection = device.shown(chat.connection);
  const snapshot = useMemo(() => ({ ...chat, connection }), [chat, connection]);
  useEffect(() => timeline.connected(connection), [timeline, connection]);
  useEffect(() => {
    document.title = `${room} · ${strings.appName}`;
  }, [room, strings]);
  useEffect(() => rememberRoom(room), [room]);
  return (
    <Chat
      snapshot={snapshot}
      actions={chat.actions}
      rooms={rooms}
      context={context}
      network={network}
      uploads={uploads}
      timeline={timeline}
    />
  );
}

/** The client's uploads, which load with the first file. */
function uploadsInto(room: string): FileUploads {
  return {
    upload: async (file, options) => (await import("../../client/upload.ts")).uploadFile(file, { ...options, room }),
    discard: (file) => void import("../../client/upload.ts").then(({ discardFile }) => discardFile(file, { room })),
  };
}

/** Shown when the address has a room name that isn't valid. */
function Nowhere({ name, onNew }: { readonly name: string; readonly onNew: () => void }) {
  const strings = useStrings();
  const { locale } = useLocale();
  return (
    <main className="nowhere">
      <h1>{strings.badRoomTitle}</h1>
      <p>
        <code>{name}</code>
      </p>
      <p>{messageFor("bad-room-name", locale)}</p>
      <button type="button" onClick={onNew}>
        {strings.startNewRoom}
      </button>
    </main>
  );
}
