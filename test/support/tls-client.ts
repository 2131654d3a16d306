/** TLS clients of a gateway, and the certificates in test/end-to-end/certificates. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

export function certificatePath(file: string): string {
  return fileURLToPath(new URL(`../end-to-end/certificates/${file}`, import.meta.url));
}

const CA = readFileSync(certificatePath('authority.crt'));

/** A connection that trusts the test authority and asks for a server name; for which name it is, it does not check. */
export function connectTls(
  port: number,
  servername?: string,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        port,
        host: '127.0.0.1',
        ca: CA,
        checkServerIdentity: () => undefined,
        ...(servername === undefined ? {} : { servername }),
        ...options,
      },
      () => resolve(socket),
    );
    socket.once('error', reject);
  });
}

/** Subject of the certificate a client with this server name is shown. */
export async function shownCertificate(port: number, servername?: string): Promise<string> {
  const socket = await connectTls(port, servername);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** Resolves when that is the certificate. Connections that come while listeners are exchanged may be reset. */
export function untilShown(port: number, servername: string | undefined, subject: string): Promise<void> {
  return until(async () => (await shownCertificate(port, servername).catch(() => '')) === subject);
}

export interface HttpsAnswer {
  status: number | undefined;
  body: Buffer;
}

/** One connection that is kept open, with requests one after the other. */
export class HttpsClient {
  readonly #agent: Agent;
  readonly #port: number;
  /** Connections it has made. */
  connections = 0;

  constructor(port: number, servername: string) {
    this.#port = port;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: CA,
      servername,
      checkServerIdentity: () => undefined,
    });
  }

  send(method: string, path: string, body?: Buffer): Promise<HttpsAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { agent: this.#agent, host: '127.0.0.1', port: this.#port, method, path, headers: { Host: 'x' } },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part) => parts.push(part));
          incoming.on('end', () => resolve({ status: incoming.statusCode, body: Buffer.concat(parts) }));
          incoming.on('error', reject);
        },
      );
      outgoing.on('socket', () => {
        if (!outgoing.reusedSocket) this.connections++;
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
