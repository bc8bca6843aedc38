/**
 * The version a `hello` names. Bump it with any change a reader of the previous version would misread, and add a line:
 *
 * 1 (2026-11): first version.
 * 2 (2026-11): the parts of an answer are UI message chunks.
 */
export const PROTOCOL_VERSION = 2;
