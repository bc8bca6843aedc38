/**
 * The page as a function of a room's snapshot: header, conversation, message box. It has no socket and no address: `App`
 * gives it a real room, tests and the preview give it a scripted one.
 */
import { Fragment, useCallback, useEffect, useRef, useState } from "react";
import type { ChatSnapshot, TurnInput } from "../../../client/index.ts";
import { type ChatRoomActions, KeepPlace, transcriptOf, useDraft, useStickToBottom } from "../../../client/react.tsx";
import { pendingCalls } from "../../../client/tools.ts";
import { promptOf } from "../../../shared/index.ts";
import { questionOf } from "../attachments/attachment.ts";
import { type FileUploads, useAttachments } from "../attachments/use-attachments.ts";
import { DeveloperPanel } from "../developer-panel/developer-panel.tsx";
import type { Timeline } from "../developer-panel/timeline.ts";
import { Banner, ConnectionBanner } from "../header/connection-banner.tsx";
import type { Network } from "../header/connection-menu.tsx";
import { Header } from "../header/header.tsx";
import type { Rooms } from "../header/room-menu.tsx";
import { useStrings } from "../language/locale.tsx";
import type { PageContext } from "../rooms/page-context.ts";
import { Icon } from "../ui/icons.tsx";
import { useFileDrop } from "../ui/use-file-drop.ts";
import { useSingleAction } from "../ui/use-single-action.ts";
import { useUnloadWarning } from "../ui/use-unload-warning.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { EmptyState } from "./empty-state.tsx";
import { Older } from "./load-older.tsx";
import { OpenCalls } from "./open-calls.tsx";
import { Pending } from "./pending-question.tsx";
import { filesOf } from "./question-files.tsx";
import { RoomNotices } from "./room-notices.tsx";
import { Turn } from "./turn.tsx";
import { useQuestionEdits } from "./use-question-edits.ts";

interface ChatProps {
  readonly snapshot: ChatSnapshot;
  /** Must be the same object from render to render. Otherwise settled turns render again. */
  readonly actions: ChatRoomActions;
  readonly rooms: Rooms;
  readonly context: PageContext;
  readonly network: Network;
  /** Must be the same object from render to render. */
  readonly uploads: FileUploads;
  /** The data of the developer panel. Without it there is no panel. */
  readonly timeline?: Timeline;
}

/** The parent must use the room as the key, because the draft and the scroll position belong to one room. */
export function Chat({ snapshot, actions, rooms, context, network, uploads, timeline }: ChatProps) {
  const strings = useStrings();
  const { connection, view, turns, older, notices, error } = snapshot;
  const { rows, pending, running, isEmpty, isKnown } = transcriptOf(snapshot);
  const calls = pendingCalls(snapshot);
  // An answer to a call shows where the call was, unless it was refused.
  const shownPending = pending.filter(({ input, refused }) => refused !== undefined || !("answers" in input));
  const [draft, setDraft, isDraftKept] = useDraft(snapshot.room);
  const [isPanelOpen, setPanelOpen] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const { scrollRef, contentRef, isAtBottom, jump } = useStickToBottom(!isEmpty);

  const focusInput = useCallback(() => input.current?.focus(), []);
  const [hint, setHint] = useState<"editRemoved">();
  const onClickCapture = useSingleAction();
  const attachments = useAttachments(uploads);
  const attach = useCallback(
    (files: readonly File[]) => {
      attachments.add(files);
      focusInput();
    },
    [attachments.add, focusInput],
  );
  const isDroppedOn = useFileDrop(attach);
  const canSend = connection.state !== "closed";
  const isStopping = running?.isStopping === true;

  const asked = useCallback(() => {
    jump();
    focusInput();
  }, [jump, focusInput]);
  const ask = (prompt: string) => {
    actions.submit(prompt);
    asked();
  };
  const send = (prompt: string) => {
    actions.submit(questionOf(prompt, attachments.files ?? []));
    asked();
    attachments.sent();
    setDraft("");
  };
  const takeBack = useCallback(
    (text: string) => {
      // Text that is being typed is kept after the text that returns.
      const typed = input.current?.value ?? "";
      setDraft(typed.trim() === "" ? text : `${text}\n${typed}`);
    },
    [setDraft],
  );
  const edit = useCallback(
    (input: TurnInput) => {
      takeBack(promptOf(input));
      attachments.restore(filesOf(input));
      focusInput();
    },
    [takeBack, attachments.restore, focusInput],
  );
  const edits = useQuestionEdits(
    snapshot,
    useCallback(
      (text: string) => {
        takeBack(text);
        setHint("editRemoved");
      },
      [takeBack],
    ),
  );
  // Questions that wait or were refused, edits and files are kept for this tab alone, so closing it would lose them.
  const isLosing = pending.length > 0 || edits.isChanged || attachments.list.length > 0;
  useUnloadWarning(isLosing || (draft !== "" && !isDraftKept));
  const runningId = isStopping ? undefined : running?.currentId;
  const stop = useCallback(() => {
    if (runningId !== undefined) actions.cancel(runningId);
    focusInput();
  }, [actions, runningId, focusInput]);

  useEffect(() => {
    if (runningId === undefined) return undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      // Esc may also close a menu or end the composition of an input method. Then it doesn't stop the answer.
      if (event.key !== "Escape" || event.isComposing || event.keyCode === 229 || isPopoverOpen()) return;
      actions.cancel(runningId);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [actions, runningId]);

  useEffect(() => {
    // On a touch screen the focus would open the keyboard over the page.
    if (window.matchMedia?.("(pointer: fine)").matches) focusInput();
  }, [focusInput]);

  return (
    <div className={isDroppedOn ? "page page-drop" : "page"} onClickCapture={onClickCapture}>
      <a className="skip" href="#message">
        {strings.skipToComposer}
      </a>
      <Header
        rooms={rooms}
        connection={connection}
        network={network}
        viewers={view.viewers}
        isPanelOpen={isPanelOpen}
        onPanel={timeline === undefined ? undefined : () => setPanelOpen(!isPanelOpen)}
        onClear={turns.length > 0 && connection.state === "online" ? actions.clear : undefined}
      />
      <div className="page-body">
        <main>
          <ConnectionBanner connection={connection} onReconnect={actions.reconnect} />
          <div
            className="log"
            ref={scrollRef}
            role="log"
            aria-live="off"
            aria-label={strings.conversation}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard (WCAG 2.1.1).
            tabIndex={0}
          >
            <div className="log-content" ref={contentRef}>
              {isEmpty && isKnown ? <EmptyState context={context} canSend={canSend} onAsk={ask} /> : null}
              <KeepPlace scrollRef={scrollRef} first={turns[0]?.id}>
                <Older older={older} onLoad={actions.loadOlder} />
                {rows.map((row) => (
                  <Fragment key={row.turn.id}>
                    <Turn
                      {...row}
                      edited={edits.textOf(row.turn.id)}
                      edits={edits.actions}
                      actions={actions}
                      onHandled={focusInput}
                      onAsked={asked}
                    />
                    <OpenCalls
                      calls={calls.filter(({ messageId }) => messageId === row.turn.id)}
                      snapshot={snapshot}
                      actions={actions}
                      onHandled={focusInput}
                    />
                  </Fragment>
                ))}
              </KeepPlace>
              {shownPending.map((item) => (
                <Pending
                  key={item.id}
                  pending={item}
                  isOnline={connection.state === "online"}
                  actions={actions}
                  onEdit={edit}
                  onHandled={focusInput}
                />
              ))}
            </div>
          </div>
          <div className="dock">
            {isAtBottom ? null : (
              <button type="button" className="jump" onClick={jump}>
                <Icon name="down" />
                <span>{strings.jumpToLatest}</span>
              </button>
            )}
            <RoomNotices notices={notices} error={error} />
            {hint === undefined ? null : (
              <Banner text={strings[hint]}>
                <button type="button" onClick={() => setHint(undefined)}>
                  {strings.dismiss}
                </button>
              </Banner>
            )}
            <Composer
              attachments={{ ...attachments, add: attach }}
              text={draft}
              onText={setDraft}
              onSend={send}
              onStop={running === undefined ? undefined : stop}
              isStopping={isStopping}
              canSend={canSend}
              inputRef={input}
            />
          </div>
        </main>
        {timeline !== undefined && isPanelOpen ? (
          <DeveloperPanel timeline={timeline} connection={connection} onClose={() => setPanelOpen(false)} />
        ) : null}
      </div>
      <Announcer snapshot={snapshot} />
    </div>
  );
}

function isPopoverOpen(): boolean {
  return "popover" in HTMLElement.prototype && document.querySelector(":popover-open") !== null;
}
