/** A backend that remembers the exact requests it got. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  url: string;
  /** Names and values in turn, spelled as on the wire. */
  rawHeaders: string[];
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Backend {
  readonly port: number;
  readonly authority: string;
  readonly seen: SeenRequest[];
  readonly server: Server;
  close(): Promise<void>;
}

type Reply = (request: SeenRequest, response: ServerResponse) => void;

const OK: Reply = (_, response) => {
  response.setHeader('Content-Type', 'text/plain');
  response.end('from the backend');
};

/** @param reply answers once the whole body is there */
export async function startBackend(reply: Reply = OK): Promise<Backend> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('error', () => {});
    request.on('end', () => {
      const one: SeenRequest = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        body: Buffer.concat(parts),
      };
      seen.push(one);
      reply(one, response);
    });
  });
  return { seen, server, ...(await listen(server)) };
}

/** A backend whose handler has request and response to itself. */
export async function startRawBackend(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Omit<Backend, 'seen'>> {
  const server = createServer(handler);
  return { server, ...(await listen(server)) };
}

async function listen(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    authority: `127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
