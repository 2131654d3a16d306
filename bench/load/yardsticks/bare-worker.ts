/** The other side of bare-mailbox.ts: every request is answered as it comes. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { ANSWER, type Batch, REQUEST } from '../../../src/mailbox/envelopes.js';
import { Outbox } from '../../../src/mailbox/outbox.js';

const { port, body } = workerData as { port: MessagePort; body: string };
const outbox = new Outbox(port);
/** Operands of a request, and its code. */
const REQUEST_LENGTH = 11;

port.on('message', (batch: Batch) => {
  for (let at = 1; at < batch.length; at += REQUEST_LENGTH) {
    if (batch[at] !== REQUEST) throw new Error('something other than a request came');
    outbox.open().push(ANSWER, batch[at + 1], 200, '', body);
  }
});
