/**
 * The least a proxy of this shape can do: uWebSockets.js hands requests over in batches, a worker thread forwards them on
 * `net` sockets and hands the answers back. Nothing is routed, checked, added, counted or limited, and no failure is
 * handled: what Propylon costs beside it is what Propylon does. Arguments: port, port of the backend.
 */
import type { HttpResponse } from 'uWebSockets.js';
import { MessageChannel, Worker } from 'node:worker_threads';
import { uWS } from '../../../src/acceptor/uws.js';

const [port = '', backend = ''] = process.argv.slice(2);
const { port1, port2 } = new MessageChannel();
new Worker(new URL('./bare-proxy-worker.js', import.meta.url), {
  workerData: { port: port2, backend: Number(backend) },
  transferList: [port2],
});

const waiting: (HttpResponse | null)[] = [];
const free: number[] = [];
/** Slot and request, in turn. */
let batch: unknown[] = [];

function flush(): void {
  port1.postMessage(batch);
  batch = [];
}

/** Slot, head and body of each answer, in turn. */
port1.on('message', (answers: unknown[]) => {
  for (let at = 0; at < answers.length; at += 3) {
    const slot = answers[at] as number;
    const res = waiting[slot];
    waiting[slot] = null;
    free.push(slot);
    res?.cork(() => {
      res.writeStatus(answers[at + 1] as string);
      res.end(answers[at + 2] as string);
    });
  }
});

const app = uWS.App();
app.any('/*', (res, req) => {
  let head = `${req.getCaseSensitiveMethod()} ${req.getUrl()} HTTP/1.1\r\n`;
  req.forEach((name, value) => {
    head += `${name}: ${value}\r\n`;
  });
  const slot = free.pop() ?? waiting.length;
  waiting[slot] = res;
  res.onAborted(() => {
    waiting[slot] = null;
  });
  if (batch.length === 0) setImmediate(flush);
  batch.push(slot, `${head}\r\n`);
});
app.listen('127.0.0.1', Number(port), uWS.LIBUS_LISTEN_DEFAULT, (socket) => {
  if (socket === false) {
    process.stderr.write(`cannot listen on port ${port}\n`);
    process.exit(1);
  }
});
