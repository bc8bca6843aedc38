/**
 * The version a `hello` names. Bump it with any change a reader of the previous version would misread, and add a line:
 *
 * 1 (2026-11): first version.
 */
export const PROTOCOL_VERSION = 1;
