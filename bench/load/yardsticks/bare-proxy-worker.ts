/** The other side of bare-proxy.ts. Every answer is taken to come whole, in one read, with a Content-Length. */
import { connect, type Socket } from 'node:net';
import { type MessagePort, workerData } from 'node:worker_threads';

interface Connection {
  socket: Socket;
  slot: number;
}

const { port, backend } = workerData as { port: MessagePort; backend: number };
const buffer = Buffer.allocUnsafeSlow(65_536);
const idle: Connection[] = [];
let batch: unknown[] = [];

function flush(): void {
  port.postMessage(batch);
  batch = [];
}

function open(): Connection {
  const answered = (length: number): boolean => {
    const text = buffer.toString('latin1', 0, length);
    const end = text.indexOf('\r\n\r\n');
    // uWebSockets.js writes the length itself.
    const head = text.slice(text.indexOf(' ') + 1, end).replace(/\r\nContent-Length: \d+/i, '');
    if (batch.length === 0) setImmediate(flush);
    batch.push(connection.slot, head, text.slice(end + 4));
    idle.push(connection);
    return true;
  };
  const socket = connect({ host: '127.0.0.1', port: backend, onread: { buffer, callback: answered } });
  socket.setNoDelay(true);
  const connection = { socket, slot: 0 };
  return connection;
}

port.on('message', (requests: unknown[]) => {
  for (let at = 0; at < requests.length; at += 2) {
    const connection = idle.pop() ?? open();
    connection.slot = requests[at] as number;
    connection.socket.write(requests[at + 1] as string, 'latin1');
  }
});
