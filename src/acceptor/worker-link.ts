import type { MessagePort } from 'node:worker_threads';
import { AnswerReader } from '../mailbox/answer-envelope.js';
import { ANSWER, type Batch, BEGIN, CHUNK, CODE_BITS, CONSUMED, DESTROY, END } from '../mailbox/envelopes.js';
import { Outbox } from '../mailbox/outbox.js';
import { RequestWriter } from '../mailbox/request-envelope.js';
import { SlotTable } from '../mailbox/slots.js';
import type { ClientRequest } from './client-request.js';

/** An acceptor's end of the mailbox to one worker, with the requests that worker holds. */
export class WorkerLink {
  readonly outbox: Outbox;
  readonly requests = new SlotTable<ClientRequest>();
  readonly requestWriter = new RequestWriter();
  alive = true;
  readonly #port: MessagePort;
  readonly #answers = new AnswerReader();

  /**
   * @param onDeath called once when the worker's thread is gone (its port closes with it); the requests it held are
   *   still in `requests`
   */
  constructor(port: MessagePort, onDeath: (link: WorkerLink) => void) {
    this.#port = port;
    this.outbox = new Outbox(port);
    port.on('message', (batch: Batch) => this.#receive(batch));
    port.once('close', () => {
      this.alive = false;
      onDeath(this);
    });
  }

  add(request: ClientRequest): number {
    return this.requests.add(request);
  }

  close(): void {
    this.outbox.flush();
    this.#port.close();
  }

  /** Envelopes of requests that ended meanwhile (client gone, refused) are skipped. */
  #receive(batch: Batch): void {
    const requests = this.requests;
    for (let at = 1; at < batch.length; ) {
      const code = batch[at] as number;
      const request = requests.get(batch[at + 1] as number);
      if ((code & CODE_BITS) === ANSWER) {
        const answer = this.#answers;
        at = answer.read(batch, at);
        request?.answer(answer.status, answer.head, answer.idLines, answer.body);
        continue;
      }
      switch (code) {
        case BEGIN:
          request?.begin(batch[at + 2] as number, batch[at + 3] as string, batch[at + 4] as number);
          at += 5;
          break;
        case CHUNK:
          request?.write(batch[at + 2] as Uint8Array);
          at += 3;
          break;
        case END:
          request?.end();
          at += 2;
          break;
        case DESTROY:
          request?.destroy();
          at += 2;
          break;
        case CONSUMED:
          request?.consumed(batch[at + 2] as number);
          at += 3;
          break;
        default:
          throw new Error(`Unknown envelope ${code} from a worker`);
      }
    }
  }
}
