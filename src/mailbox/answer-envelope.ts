/**
 * How one whole answer is written into a batch and read from it. Upstreams send nearly the same head again and again,
 * and request ids are drawn by whoever needs them first: the operation code says what crosses.
 *
 *     ANSWER + flags, id [, status, headers] [, idLines], body
 */
import type { HeaderBlock } from '../http/header-block.js';
import { answerHead } from '../http/status.js';
import { ANSWER, type Batch } from './envelopes.js';

/** Status and headers are not those of the answer before. */
const HEAD = 1 << 8;
/** The ids were drawn; without this flag they are for the acceptor to draw. */
const ID_LINES = 1 << 9;

/** The sending side; one per mailbox. */
export class AnswerWriter {
  #status = 0;
  #headers: HeaderBlock = '';

  /**
   * @param headers without the ids; `idLines`: as `Exchange.idLines`, empty when nobody has drawn them
   * @param body ASCII text, or bytes that own their whole buffer
   */
  write(
    batch: Batch,
    id: number,
    status: number,
    headers: HeaderBlock,
    idLines: string,
    body: string | Uint8Array | null,
  ): void {
    const at = batch.length;
    let code = ANSWER;
    batch.push(code, id);
    if (status !== this.#status || headers !== this.#headers) {
      this.#status = status;
      this.#headers = headers;
      code |= HEAD;
      batch.push(status, headers);
    }
    if (idLines !== '') {
      code |= ID_LINES;
      batch.push(idLines);
    }
    batch.push(body);
    batch[at] = code;
  }
}

/** The receiving side; one per mailbox. What `read` found is valid until the next `read`. */
export class AnswerReader {
  status = 0;
  /** `answerHead` of status and headers; the same string as long as they are the same. */
  head = '';
  /** Empty: still to be drawn. */
  idLines = '';
  body: string | Uint8Array | null = null;

  /** The answer whose operation code is at `at`. @returns where the next envelope begins */
  read(batch: Batch, at: number): number {
    const code = batch[at] as number;
    let next = at + 2;
    if ((code & HEAD) !== 0) {
      this.status = batch[next++] as number;
      this.head = answerHead(this.status, batch[next++] as string);
    }
    this.idLines = (code & ID_LINES) !== 0 ? (batch[next++] as string) : '';
    this.body = batch[next++] as string | Uint8Array | null;
    return next;
  }
}
