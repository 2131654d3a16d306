/**
 * A bare uWebSockets.js server whose every request crosses to a worker thread and back in the envelopes and batches of
 * Propylon's mailbox, and nothing else: no request line is looked at, no pipeline runs. Arguments: port, body.
 */
import type { HttpResponse } from 'uWebSockets.js';
import { MessageChannel, Worker } from 'node:worker_threads';
import { uWS } from '../../../src/acceptor/uws.js';
import { AnswerReader } from '../../../src/mailbox/answer-envelope.js';
import { type Batch, WHOLE_BODY } from '../../../src/mailbox/envelopes.js';
import { Outbox } from '../../../src/mailbox/outbox.js';
import { RequestWriter } from '../../../src/mailbox/request-envelope.js';
import { SlotTable } from '../../../src/mailbox/slots.js';

const [port = '', body = ''] = process.argv.slice(2);
const { port1, port2 } = new MessageChannel();
new Worker(new URL('./bare-worker.js', import.meta.url), {
  workerData: { port: port2, body },
  transferList: [port2],
});

const outbox = new Outbox(port1);
const requests = new SlotTable<HttpResponse>();
const writer = new RequestWriter();
const head = { method: 'GET', path: '', query: '', host: '', headers: '', requestId: '', overTls: false };
const answers = new AnswerReader();

port1.on('message', (batch: Batch) => {
  for (let at = 1; at < batch.length; ) {
    const id = batch[at + 1] as number;
    const res = requests.get(id);
    requests.delete(id);
    at = answers.read(batch, at);
    res?.cork(() => {
      res.writeHeader('Content-Type', 'application/json');
      res.end(answers.body ?? '');
    });
  }
});

const app = uWS.App();
app.any('/*', (res, req) => {
  const id = requests.add(res);
  res.onAborted(() => requests.delete(id));
  head.path = req.getUrl();
  head.host = req.getHeader('host');
  writer.write(outbox.open(), id, head, '', null, WHOLE_BODY);
});
app.listen('127.0.0.1', Number(port), uWS.LIBUS_LISTEN_DEFAULT, (socket) => {
  if (socket === false) {
    process.stderr.write(`cannot listen on port ${port}\n`);
    process.exit(1);
  }
});
