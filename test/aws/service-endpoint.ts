/** A stand-in for any AWS service: real HTTP, and its own reading of Signature Version 4. */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

export interface Received {
  method: string;
  /** As on the wire. */
  target: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  body: Buffer;
  /** `valid for {region}/{service}`, `unsigned`, or what is wrong with the signature. */
  signature: string;
}

type Reply = (request: Received, response: ServerResponse) => void;

const OK: Reply = (_, response) => response.end('{}');

export class ServiceEndpoint {
  readonly port: number;
  readonly url: string;
  readonly received: Received[] = [];
  reply: Reply = OK;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<ServiceEndpoint> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ServiceEndpoint(server);
  }

  get last(): Received {
    const received = this.received.at(-1);
    if (received === undefined) throw new Error('the service was not called');
    return received;
  }

  reset(): void {
    this.received.length = 0;
    this.reply = OK;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received: Received = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: Buffer.concat(chunks),
      signature: '',
    };
    received.signature = checkSignature(received);
    this.received.push(received);
    this.reply(received, response);
  }
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;_-]+), Signature=([0-9a-f]{64})$/;

function checkSignature(received: Received): string {
  const { headers, body, method } = received;
  if (headers.authorization === undefined) return 'unsigned';
  const match = AUTHORIZATION.exec(headers.authorization);
  if (match === null) return `unreadable: ${headers.authorization}`;
  const [, keyId, date = '', region = '', service = '', names = '', signature] = match;
  if (keyId !== CREDENTIALS.accessKeyId) return `unknown key ${keyId}`;
  const time = String(headers['x-amz-date']);
  if (!time.startsWith(date)) return 'dates differ';
  const signed = names.split(';');
  // AWS wants the host and every x-amz header signed.
  for (const name of Object.keys(headers)) {
    if ((name === 'host' || name.startsWith('x-amz-')) && !signed.includes(name))
      return `${name} is not signed`;
  }
  const payload = sha256(body);
  if (headers['x-amz-content-sha256'] !== payload) return 'x-amz-content-sha256 is not that of the body';
  const [path = '', query = ''] = received.target.split(/\?(.*)/s);
  const canonical = [
    method,
    canonicalUri(path, service),
    canonicalQuery(query),
    ...signed.map((name) => `${name}:${valuesOf(received.rawHeaders, name)}`),
    '',
    names,
    payload,
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [region, service, 'aws4_request'].reduce<Buffer>(
    hmac,
    hmac(`AWS4${CREDENTIALS.secretAccessKey}`, date),
  );
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
  return expected === signature ? `valid for ${region}/${service}` : `does not match: ${canonical}`;
}

/** What a service makes of the path it got: decoded, then encoded by the rules of the signature. */
function canonicalUri(path: string, service: string): string {
  if (service === 's3') return encode(decode(path)).replaceAll('%2F', '/');
  const once = path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');
  // All but S3 resolve dot segments and drop empty ones.
  const segments: string[] = [];
  for (const segment of once.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const twice = `/${segments.map((segment) => encode(Buffer.from(segment))).join('/')}`;
  return segments.length > 0 && path.endsWith('/') ? `${twice}/` : twice;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [encode(decode(name)), encode(decode(value))] as const;
    })
    .sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function valuesOf(rawHeaders: string[], wanted: string): string {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === wanted);
  const text = values.map((value) => value.trim().replace(/ +/g, ' ')).join(',');
  return Buffer.from(text, 'latin1').toString('utf8');
}

function decode(text: string): Buffer {
  return Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function encode(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
