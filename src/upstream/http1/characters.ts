/** Character classes of RFC 9110 as tables: one load per byte instead of a chain of comparisons. */

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const COMMA = 44;
export const COLON = 58;
export const SEMICOLON = 59;

/** 1 for the characters of a token (RFC 9110 section 5.6.2): field names. */
export const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[character.charCodeAt(0)] = 1;
}

/** 1 for what a field value, a reason phrase or a chunk extension may hold: no control character but the tab. */
export const TEXT = new Uint8Array(256);
for (let code = 0; code < 256; code++) {
  TEXT[code] = code === TAB || (code >= SPACE && code !== 127) ? 1 : 0;
}
