import { ChatSnapshot, PendingTurn } from "./client/api.js";
import { ChatRoomActions, ChatRoomOptions } from "./client/shared-room.js";
import { ChangeEvent, Component, FormEvent, KeyboardEvent, ReactNode, RefObject } from "react";
import { TurnView } from "./client/transcript.js";
/** Web storage that may be missing, full or forbidden (private windows, blocked cookies): then nothing is remembered. */
type Area = "local" | "session";
export declare function readItem(area: Area, key: string): string | undefined;
/** An empty value removes the key. */
export declare function writeItem(area: Area, key: string, value: string): void;
interface KeepPlaceProps {
  readonly scrollRef: RefObject<HTMLElement | null>;
  /** Id of the first turn: when another one comes to stand before it, what is being read stays where it is. */
  readonly first: string | undefined;
  readonly children: ReactNode;
}
interface HeldTurn {
  readonly turn: Element;
  /** The distance of its upper edge from the top of the window, in pixels. */
  readonly top: number;
}
interface Place {
  /** The turn that is being read, and where it is. Only when turns are inserted before the first. */
  readonly held: HeldTurn | undefined;
  readonly focused: Element | null;
}
/** A class, because React has no other means to read what was on the screen before a change. */
export declare class KeepPlace extends Component<KeepPlaceProps> {
  #private;
  getSnapshotBeforeUpdate(before: KeepPlaceProps): Place;
  componentDidUpdate(_props: KeepPlaceProps, _state: unknown, { held, focused }: Place): void;
  componentWillUnmount(): void;
  render(): ReactNode;
}
/** Being answered now, in whatever phase: what Stop is about. */
export declare function isRunning(turn: TurnView): boolean;
/** It has a question of its own that can be asked in other words. */
export declare function isEditable(turn: TurnView): boolean;
interface TranscriptRow {
  /** The same object until the turn changes: what a component in `memo` is given. */
  readonly turn: TurnView;
  /** The newest turn of its message: what a stop names. The turn's own id, where nothing continues it. */
  readonly currentId: string;
  /** Its stop was asked for and is not answered. */
  readonly isStopping: boolean;
  /** Nothing comes after it, on its way neither: it can be asked again in its place, and continued. */
  readonly isNewest: boolean;
  /** A question on its way replaces it, or one before it: nothing can be done about it any more. */
  readonly isLeaving: boolean;
}
interface Transcript {
  readonly rows: readonly TranscriptRow[];
  /** Questions that the room does not show yet, and refused ones. */
  readonly pending: readonly PendingTurn[];
  /** The oldest turn that is being answered. */
  readonly running: TranscriptRow | undefined;
  /** There is nothing to show. Before the first sync nobody knows whether that will stay so: see `isKnown`. */
  readonly isEmpty: boolean;
  readonly isKnown: boolean;
}
export declare function transcriptOf({ turns, pending, stopping, view, connection }: ChatSnapshot): Transcript;
/** What an input method does with Enter is its own; Safari ends the composition before the keydown, so its 229 counts too. */
export declare function isComposing(event: KeyboardEvent): boolean;
/** Whether the prompt fits a frame as JSON, where quotes, line ends and Chinese take more than one byte. */
export declare function fitsFrame(prompt: string): boolean;
interface ComposerOptions {
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Called with a prompt that may be sent; clearing the text is the caller's. */
  readonly onSend: (prompt: string) => void;
  /** False where nothing can be sent now: the text is kept. Default: true. */
  readonly canSend?: boolean;
  /** The question has more than its text, such as files: it may be sent without any. Default: false. */
  readonly hasMore?: boolean;
}
interface Composer {
  /** More than a frame holds. */
  readonly isTooLong: boolean;
  /** It may be sent now. */
  readonly isReady: boolean;
  readonly formProps: {
    readonly onSubmit: (event: FormEvent) => void;
  };
  readonly inputProps: {
    readonly value: string;
    readonly "aria-invalid": boolean;
    readonly enterKeyHint: "send" | "enter";
    readonly autoComplete: "off";
    readonly onChange: (event: ChangeEvent<HTMLTextAreaElement>) => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}
/** Props for a `<form>` and its `<textarea>`. Holds no state: the text is the caller's, as `useDraft` or `useState` keeps it. */
export declare function useComposer({ text, onText, onSend, canSend, hasMore }: ComposerOptions): Composer;
/**
 * Whole seconds until `deadline` (ms since 1970), counting down while mounted; undefined without a deadline. The date is read
 * once per deadline: one that is corrected meanwhile doesn't change the countdown.
 */
export declare function useSecondsUntil(deadline: number | undefined): number | undefined;
/** The moment at which a wait of `retryAfterMs` ends. It is fixed when the notice is first seen, and the same at each render. */
export declare function deadlineOf(told: {
  readonly retryAfterMs?: number;
} | undefined): number | undefined;
/**
 * Used by a component that is keyed by room: the draft is read once, when the component mounts.
 * @returns the text, the function that changes it, and whether the browser keeps it: storage may be full or forbidden, and
 * then a page should warn before it is closed
 */
export declare function useDraft(room: string): readonly [string, (text: string) => void, boolean];
interface StickToBottom {
  readonly scrollRef: RefObject<HTMLDivElement | null>;
  readonly contentRef: RefObject<HTMLDivElement | null>;
  readonly isAtBottom: boolean;
  readonly jump: () => void;
}
/** Not `isActive` while there is nothing to follow: a first page is read from its top. */
export declare function useStickToBottom(isActive: boolean): StickToBottom;
/** The room's snapshot and its actions. */
export type ChatRoom = ChatSnapshot & {
  /** The same object from render to render: pass it on as one prop. */
  readonly actions: ChatRoomActions;
} & ChatRoomActions;
export interface UseChatRoomOptions extends ChatRoomOptions {
  /** Renders at most every so many ms; the last change is always rendered. Default: every change. */
  readonly throttleMs?: number;
}
/**
 * `room` and `url` choose the client. A room or `url` that can't exist is a `closed` connection with the code `bad-room-name`
 * or `bad-request` and a message; actions then throw. `token` may change at any time and counts from the next connection; of
 * the other options those of the first component count. A turn that did not change is the same object from render to render,
 * so a component in `memo` renders only when its turn changed.
 *
 * With `select` the hook returns what it picks of the room, and the component renders only when that changed: another value,
 * or an object or list of which a field or an item is another.
 */
export declare function useChatRoom(options: UseChatRoomOptions): ChatRoom;
export declare function useChatRoom<T>(options: UseChatRoomOptions, select: (room: ChatRoom) => T): T;
export type { ChatRoomActions, Composer, ComposerOptions, KeepPlaceProps, StickToBottom, Transcript, TranscriptRow };