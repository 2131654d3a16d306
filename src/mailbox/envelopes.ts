/**
 * What crosses between one acceptor and one worker. A batch is one flat array: an operation code, its operands, the
 * next code, and so on. Flat because structured clone pays per array and per object; a batch because one message costs
 * 8-15 us and a value in a batch well under one. Element 0 is the sender's clock (`now()`), once per batch.
 *
 *     acceptor -> worker   [at, REQUEST, id, path, ...,  BODY, id, chunk,  BODY_END, id,  CANCEL, id,
 *                               TAKEN, id, bytes, buffer, ...]
 *     worker -> acceptor   [at, ANSWER, id, ..., body,  BEGIN, id, status, head, contentLength,
 *                               CHUNK, id, chunk,  END, id,  DESTROY, id,  CONSUMED, id, bytes, ...]
 */

/** id, path, and what request-envelope.ts adds; flags stand above the bits of the code */
export const REQUEST = 1;
/** What of a first operand is the code. */
export const CODE_BITS = 0xff;
/** id, chunk: the next part of a streamed request body */
export const BODY = 2;
/** id */
export const BODY_END = 3;
/** id: the client went away, or the acceptor answered by itself */
export const CANCEL = 4;
/** id, bytes, buffer or null: the client took so much of a streamed answer; the chunk's buffer goes back for reuse */
export const TAKEN = 5;

/** id, and what answer-envelope.ts adds; flags stand above the bits of the code */
export const ANSWER = 11;
/** id, status, head (`answerHead`, ids included), content length (-1: unknown) */
export const BEGIN = 12;
/** id, chunk */
export const CHUNK = 13;
/** id */
export const END = 14;
/** id: the begun answer cannot be completed */
export const DESTROY = 15;
/** id, bytes: so much of a streamed request body was used */
export const CONSUMED = 16;

/** `bodyLength` of a request whose whole body is in its envelope. */
export const WHOLE_BODY = -2;

/**
 * Request bodies up to this size cross with their request; larger ones follow in chunks. 64 KiB is one socket read:
 * nearly every JSON body crosses whole, and a stream starts before much of it is held.
 */
export const WHOLE_BODY_BYTES = 65_536;

/** Bytes of a streamed request body under way and not yet consumed, after which the client is not read any more. */
export const REQUEST_WINDOW_BYTES = 262_144;

/** Bytes of a streamed answer the client has not taken, after which the upstream is not read any more. */
export const ANSWER_WINDOW_BYTES = 1_048_576;

export type Batch = unknown[];
