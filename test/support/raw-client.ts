/** A client that sends exact bytes and shows exact bytes. */
import { connect, type Socket } from 'node:net';

export class RawClient {
  readonly socket: Socket;
  /** All bytes received, as latin1. */
  received = '';
  closed = false;
  #waiters: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawClient(socket)));
    });
  }

  send(text: string | Uint8Array): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Resolves when what came satisfies the condition; rejects when the connection closed before. */
  until(condition: (received: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (condition(this.received)) resolve(this.received);
        else if (this.closed) reject(new Error(`closed after ${JSON.stringify(this.received.slice(-500))}`));
        else this.#waiters.push(check);
      };
      check();
    });
  }

  /** Everything received until the other side closed. */
  untilClosed(): Promise<string> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.closed) resolve(this.received);
        else this.#waiters.push(check);
      };
      check();
    });
  }

  /** The next whole answer with a Content-Length body, removed from `received`. */
  async answer(): Promise<RawAnswer> {
    await this.until((text) => parseAnswer(text) !== null);
    const [answer, rest] = parseAnswer(this.received) as [RawAnswer, string];
    this.received = rest;
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}

export interface RawAnswer {
  status: number;
  /** Names as sent, lower-cased keys; repeated ones joined with `|`. */
  headers: Record<string, string>;
  head: string;
  body: string;
}

function parseAnswer(text: string): [RawAnswer, string] | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}|${value}`;
  }
  const length = Number(headers['content-length'] ?? 0);
  const body = text.slice(end + 4, end + 4 + length);
  if (body.length < length) return null;
  const status = Number(statusLine.split(' ')[1]);
  return [{ status, headers, head: text.slice(0, end), body }, text.slice(end + 4 + length)];
}

/** True when nobody accepts connections on the port. */
export function refusesConnections(port: number): Promise<boolean> {
  return RawClient.connect(port).then(
    (client) => {
      client.close();
      return false;
    },
    () => true,
  );
}
