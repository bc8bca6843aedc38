/** A gallery of the page's states for development: `/preview/?scenario=streaming&locale=zh-CN`. It isn't part of the build. */
import { createRoot } from "react-dom/client";
import type { ChatRoomActions } from "../../../client/react.tsx";
import type { FileUploads } from "../attachments/use-attachments.ts";
import { Chat } from "../conversation/chat.tsx";
import type { Rooms } from "../header/room-menu.tsx";
import { LocaleProvider } from "../language/locale.tsx";
import "../styles/index.css";
import { previewContext, scenarios } from "./scenarios.ts";

const asked = new URLSearchParams(location.search);
const snapshot = (scenarios[asked.get("scenario") ?? "idle"] ?? scenarios["idle"])?.();

const actions: ChatRoomActions = {
  submit: () => "t",
  ask: () => {
    throw new Error("The gallery asks nothing.");
  },
  regenerate: () => "t",
  edit: () => "t",
  continueTurn: () => "t",
  loadOlder: () => Promise.resolve(),
  cancel: () => {},
  dismiss: () => {},
  clear: () => {},
  reconnect: () => {},
};

const rooms: Rooms = {
  current: "quiet-harbor-3f7k",
  recent: ["quiet-harbor-3f7k", "amber-cove-9x2m", "release-notes"],
  link: location.href,
  open: () => {},
  openNew: () => {},
};

/** Nothing is sent: a file stays on its way. */
const uploads: FileUploads = { upload: () => new Promise(() => undefined), discard: () => {} };

const root = document.getElementById("root");
if (root !== null && snapshot !== undefined) {
  createRoot(root).render(
    <LocaleProvider initial={asked.get("locale") === "zh-CN" ? "zh-CN" : "en"}>
      <Chat
        snapshot={snapshot}
        actions={actions}
        rooms={rooms}
        context={previewContext}
        network={{ blocked: "nothing", block: () => {} }}
        uploads={uploads}
      />
    </LocaleProvider>,
  );
}
