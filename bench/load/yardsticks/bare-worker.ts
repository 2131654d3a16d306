/** The other side of bare-mailbox.ts: every request is answered as it comes. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { AnswerWriter } from '../../../src/mailbox/answer-envelope.js';
import { type Batch, CODE_BITS, REQUEST } from '../../../src/mailbox/envelopes.js';
import { Outbox } from '../../../src/mailbox/outbox.js';
import { RequestReader } from '../../../src/mailbox/request-envelope.js';

const { port, body } = workerData as { port: MessagePort; body: string };
const outbox = new Outbox(port);
const requests = new RequestReader();
const answers = new AnswerWriter();

port.on('message', (batch: Batch) => {
  for (let at = 1; at < batch.length; at = requests.end) {
    if (((batch[at] as number) & CODE_BITS) !== REQUEST)
      throw new Error('something other than a request came');
    requests.read(batch, at);
    answers.write(outbox.open(), batch[at + 1] as number, 200, '', '', body);
  }
});
