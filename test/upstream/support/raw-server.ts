/** A server that reads requests and answers with exactly the bytes a test gives it. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Origin } from '../../../src/upstream/upstream.js';

export interface RawRequest {
  /** Request line and fields, without the empty line. */
  head: string;
  /** As it was on the wire, chunked coding included. */
  body: string;
  /** From 1, in the order in which connections were accepted. */
  connection: number;
  /** From 1, on this connection. */
  turn: number;
}

export interface RawServer {
  origin: Origin;
  port: number;
  /** Every complete request so far. */
  requests: RawRequest[];
  /** All bytes received so far, complete requests or not. */
  received: () => string;
  /** Connections accepted so far. */
  accepted: () => number;
  /** Connections open now. */
  open: () => number;
  sockets: Socket[];
  close: () => Promise<void>;
}

export type Respond = (socket: Socket, request: RawRequest) => void;

/** Listens on loopback. `respond` is called for each complete request. */
export function rawServer(respond: Respond): Promise<RawServer> {
  return listening(createServer({ noDelay: true }), 'connection', 'http', respond);
}

/** The same with TLS. */
export function rawTlsServer(options: TlsOptions, respond: Respond): Promise<RawServer> {
  return listening(createTlsServer(options), 'secureConnection', 'https', respond);
}

/** A response with Content-Length. */
export function response(body: string, fields = '', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`;
}

/** For `rawServer`: always the same bytes. */
export function always(bytes: string): Respond {
  return (socket) => socket.write(bytes, 'latin1');
}

function listening(
  server: Server,
  event: 'connection' | 'secureConnection',
  scheme: Origin['scheme'],
  respond: Respond,
): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const sockets: Socket[] = [];
  const streams: string[] = [];
  let open = 0;
  const all = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    all.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => all.delete(socket));
  });
  server.on('tlsClientError', () => {});
  server.on(event, (socket: Socket | TLSSocket) => {
    open++;
    const connection = sockets.push(socket);
    let turn = 0;
    let buffered = '';
    streams[connection - 1] = '';
    socket.on('error', () => {});
    socket.on('close', () => open--);
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      streams[connection - 1] += text;
      buffered += text;
      for (;;) {
        const length = completeRequest(buffered);
        if (length < 0 || socket.destroyed) return;
        const headEnd = buffered.indexOf('\r\n\r\n');
        const request = {
          head: buffered.slice(0, headEnd),
          body: buffered.slice(headEnd + 4, length),
          connection,
          turn: ++turn,
        };
        buffered = buffered.slice(length);
        requests.push(request);
        respond(socket, request);
      }
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        origin: { scheme, host: '127.0.0.1', port },
        port,
        requests,
        received: () => streams.join(''),
        accepted: () => sockets.length,
        open: () => open,
        sockets,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of all) socket.destroy();
          }),
      });
    });
  });
}

/** Length of the first request in the text, or -1 while it is incomplete. */
function completeRequest(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return -1;
  const head = text.slice(0, headEnd).toLowerCase();
  const bodyAt = headEnd + 4;
  const length = /\r\ncontent-length: (\d+)/.exec(head);
  if (length !== null) {
    const end = bodyAt + Number(length[1]);
    return text.length >= end ? end : -1;
  }
  if (!head.includes('\r\ntransfer-encoding: chunked')) return bodyAt;
  const last = text.indexOf('0\r\n\r\n', bodyAt);
  return last < 0 ? -1 : last + 5;
}
