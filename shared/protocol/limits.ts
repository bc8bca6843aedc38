/** Bounds on what may cross the wire. Both sides keep them; the room enforces them. */

/** A client frame, in bytes of UTF-8. Holds a long pasted prompt; small enough that a flood of them stays cheap. */
export const maxFrameBytes = 64 * 1024;
/** The parts of a question. */
export const maxQuestionParts = 32;
/** All data URLs of a question together, in bytes: a photo that was made smaller for a model. Larger files are uploaded. */
export const maxDataUrlBytes = 448 * 1024;
/** A `turn-submit` with its data URLs. */
export const maxSubmitBytes = maxFrameBytes + maxDataUrlBytes;
/** Calls that one turn may leave open for answers, and answers of one submit. */
export const maxOpenCalls = 32;
/** `params` and `metadata` of a submit, as JSON, in bytes of UTF-8. */
export const maxParamsBytes = 4 * 1024;
/** Turns a reader may name as not held whole: the open one, the queued ones, and what a crash left. */
export const maxHaveOffsets = 32;
/** How long a socket may stay without a hello before it is closed. */
export const helloTimeoutMs = 5_000;
/** Frames of one socket that wait while its hello is being checked. */
export const maxWaitingFrames = 8;
/** A `sync`, in bytes of JSON; more only when the open turns' missing text alone is larger. */
export const syncMaxBytes = 1024 * 1024;
/** Turns of one page of the conversation's older part. */
export const maxPageTurns = 50;
/** How long a long-poll may wait, in seconds: under the 30 s at which the strictest proxies give up. */
export const maxPollWaitSeconds = 25;
/** How often a client shows a sign of life. Three may be lost before it stops counting as a viewer (`viewerTimeoutMs`). */
export const heartbeatMs = 25_000;
/** Silence after which a session no longer counts as a viewer (R6). */
export const viewerTimeoutMs = 90_000;

export const turnIdPattern = /^[A-Za-z0-9_-]{1,64}$/;
/** Not `.` and `..`: a URL parser takes them for folders and asks for another path. */
export const roomNamePattern = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,128}$/;
export const epochPattern = /^[A-Za-z0-9_-]{1,32}$/;
