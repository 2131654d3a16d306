/**
 * What crossing a thread costs: a batch is posted and received on one thread, so that the time holds both the writing
 * and the reading of the clone, but not the waking of the other thread.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { AnswerWriter } from '../../../src/mailbox/answer-envelope.js';
import { type Batch, WHOLE_BODY } from '../../../src/mailbox/envelopes.js';
import { RequestWriter } from '../../../src/mailbox/request-envelope.js';
import { BODY } from '../../load/requests.js';
import { fresh, Micro } from '../measure.js';
import { ANSWER_HEADERS, BROWSER_HEADERS } from '../samples.js';

const [block, answerBlock, body, path, host, ip] = fresh([
  BROWSER_HEADERS,
  ANSWER_HEADERS,
  BODY,
  '/items/42',
  'localhost:8080',
  '127.0.0.1',
]) as [string, string, string, string, string, string];

function requests(count: number, headers: string): Batch {
  const batch: Batch = [0];
  const writer = new RequestWriter();
  const head = { method: 'GET', path, query: '', host, headers, requestId: '', overTls: false };
  for (let id = 0; id < count; id++) writer.write(batch, id, head, ip, null, WHOLE_BODY);
  return batch;
}

function answers(count: number, body: string | undefined): Batch {
  const batch: Batch = [0];
  const writer = new AnswerWriter();
  for (let id = 0; id < count; id++) {
    writer.write(batch, id, 200, answerBlock, '', body ?? new Uint8Array(60));
  }
  return batch;
}

const { port1, port2 } = new MessageChannel();
const micro = new Micro('mailbox, one batch there');
for (const count of [1, 16, 64]) {
  for (const [name, batch] of [
    [`${count} requests without headers`, requests(count, '')],
    [`${count} requests with 14 headers`, requests(count, block)],
    [`${count} answers of 60 bytes`, answers(count, undefined)],
    [`${count} answers of 60 characters`, answers(count, body)],
  ] as const) {
    micro.add(name, () => {
      port1.postMessage(batch);
      return receiveMessageOnPort(port2);
    });
  }
}
await micro.run();
port1.close();
