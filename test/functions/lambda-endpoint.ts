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
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** `valid`, `unsigned`, or what is wrong with the signature. */
  signature: string;
}

type Reply = (request: Received, response: ServerResponse) => void;

/** A stand-in for Lambda's Invoke operation that checks signatures by its own reading of Signature Version 4. */
export class LambdaEndpoint {
  readonly url: string;
  readonly received: Received[] = [];
  reply: Reply = (_, response) => response.end('{}');
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<LambdaEndpoint> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LambdaEndpoint(server);
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
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
      signature: '',
    };
    received.signature = checkSignature(received);
    this.received.push(received);
    this.reply(received, response);
  }
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/lambda\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;

function checkSignature({ method, path, headers, body }: Received): string {
  if (headers.authorization === undefined) return 'unsigned';
  const match = AUTHORIZATION.exec(headers.authorization);
  if (match === null) return `unreadable: ${headers.authorization}`;
  const [, keyId, date = '', region = '', names = '', signature] = match;
  if (keyId !== CREDENTIALS.accessKeyId) return `unknown key ${keyId}`;
  const time = String(headers['x-amz-date']);
  if (!time.startsWith(date)) return 'dates differ';
  for (const name of ['host', 'x-amz-date', 'x-amz-invocation-type', 'content-type']) {
    if (!names.split(';').includes(name)) return `${name} is not signed`;
  }
  // The path is encoded once more: every service but S3 does so.
  const canonicalPath = path.split('/').map(encodeURIComponent).join('/');
  const canonical = [
    method,
    canonicalPath,
    '',
    ...names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const scope = `${date}/${region}/lambda/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const key = ['lambda', 'aws4_request'].reduce(
    hmac,
    hmac(hmac(`AWS4${CREDENTIALS.secretAccessKey}`, date), region),
  );
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`).toString('hex');
  return expected === signature ? 'valid' : 'does not match';
}
