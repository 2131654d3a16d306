import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { now } from '../../src/exchange/clock.js';
import { type Batch, WHOLE_BODY } from '../../src/mailbox/envelopes.js';
import { RequestWriter } from '../../src/mailbox/request-envelope.js';
import { MailboxSink } from '../../src/worker/mailbox-sink.js';

test('a request that came in the middle of a turn does not end before it came', async () => {
  const { port1, port2 } = new MessageChannel();
  const took = new Promise<number>((resolve) => {
    new MailboxSink(port2, {
      readsIds: false,
      handle: (exchange) => exchange.answer(200, '', null),
      underWay() {},
      ended: (exchange, endedAt) => resolve(endedAt - exchange.request.arrivedAt),
    });
  });
  // As far ahead as no turn is long: whichever clock the worker reads, it is behind.
  const batch: Batch = [now() + 60_000];
  const head = { method: 'GET', path: '/', query: '', host: '', headers: '', requestId: '', overTls: false };
  new RequestWriter().write(batch, 1, head, '', null, WHOLE_BODY);
  port1.postMessage(batch);
  expect(await took).toBe(0);
  port1.close();
});
