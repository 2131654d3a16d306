/**
 * The admin port: health, readiness and metrics for those who run the node, which ask for no credentials, and everything
 * else for the control plane, which has its own. This thread only takes requests in, so that its probes are answered
 * whatever the control plane is busy with.
 */

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logError } from '../telemetry/error-log.js';
import { METRICS_CONTENT_TYPE } from '../telemetry/prometheus.js';

export interface AdminServerOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Asked at each `/readyz`. */
  health(): Health;
  /** Asked at each `/metrics`: text in Prometheus' format. */
  metrics(): string;
  /** Answers what is no page of the admin port's own; absent: 404. Never rejects. */
  controlPlane?(request: AdminRequest): Promise<AdminAnswer>;
}

export interface AdminRequest {
  method: string;
  /** Path and query, as they came. */
  target: string;
  /** Names in lower case; values of one name joined with `,`. */
  headers: Record<string, string>;
  body: Uint8Array;
  /** It came from this machine. */
  loopback: boolean;
}

export interface AdminAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | string;
}

export interface Health {
  /** Every worker runs the current snapshot, and the node is not draining. */
  ready: boolean;
  /** One phrase, given when not ready. */
  reason?: string;
}

export interface AdminServer {
  /** The port in use. */
  readonly port: number;
  close(): Promise<void>;
}

/** Scrapers, probes, and tools that make an API of hundreds of resources; more connections are closed at once. */
const MAX_CONNECTIONS = 256;
const HEADERS_TIMEOUT_MS = 10_000;
/** A definition of 6 MB over a slow line. */
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_HEADER_BYTES = 16_384;
/** A definition is 6 MB at most. */
const MAX_BODY_BYTES = 7 * 1024 * 1024;
/** Of a larger body, what is still read, so that the answer arrives. */
const MAX_DROPPED_BYTES = 64 * 1024 * 1024;
/** Of all bodies that are read at once, so many wait in memory. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** @throws Error in one sentence when it cannot listen */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const bodies: HeldBodies = { bytes: 0 };
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: HEADERS_TIMEOUT_MS,
    },
    (request, response) => answer(options, bodies, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options);
  server.on('error', (error) => logError(`admin port: ${error.message}`, 'admin port'));
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

/** True for addresses only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function listen(server: Server, { host, port }: AdminServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `port ${port} on ${host} is in use; choose another with --admin-port`
          : `cannot listen on ${host} port ${port}: ${error.message}`;
      reject(new Error(`admin: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/** Bytes of all bodies that are being read or answered. */
interface HeldBodies {
  bytes: number;
}

function answer(
  options: AdminServerOptions,
  bodies: HeldBodies,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const page = PAGES[path];
  if (page === undefined) {
    if (options.controlPlane === undefined) {
      send(response, 404, 'not found: /healthz, /readyz and /metrics are here\n');
      return;
    }
    void askControlPlane(options.controlPlane, bodies, request, response);
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    send(response, 405, 'method not allowed\n');
  } else {
    try {
      page(options, response);
    } catch (error) {
      logError(`admin ${path}: ${(error as Error).message}`, `admin ${path}`);
      send(response, 500, 'internal error\n');
    }
  }
}

async function askControlPlane(
  ask: (request: AdminRequest) => Promise<AdminAnswer>,
  bodies: HeldBodies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > MAX_BODY_BYTES) {
    // A client that sends its body first reads the answer only when it may end: what is bearable is read and dropped.
    if (announced <= MAX_DROPPED_BYTES) request.resume();
    else response.setHeader('Connection', 'close');
    refuseBody(response, TOO_LARGE);
    return;
  }
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      bodies.bytes += chunk.length;
      if (length > MAX_BODY_BYTES || bodies.bytes > MAX_HELD_BYTES) {
        // What else the client sends is not waited for.
        response.setHeader('Connection', 'close');
        refuseBody(response, length > MAX_BODY_BYTES ? TOO_LARGE : BUSY);
        return;
      }
      chunks.push(chunk);
    }
    const { status, headers, body } = await ask({
      method: request.method ?? '',
      target: request.url ?? '',
      headers: joinedHeaders(request),
      body: Buffer.concat(chunks, length),
      loopback: isLoopbackAddress(request.socket.remoteAddress ?? ''),
    });
    response.writeHead(status, {
      ...headers,
      ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body) }),
      'x-amzn-RequestId': randomUUID(),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(body);
  } catch {
    // The client broke off.
    response.destroy();
  } finally {
    bodies.bytes -= length;
  }
}

type BodyRefusal = readonly [status: number, code: string, message: string];
const TOO_LARGE: BodyRefusal = [
  413,
  'RequestEntityTooLargeException',
  'Request body is too large: a definition has 6 MB at most',
];
const BUSY: BodyRefusal = [
  503,
  'ServiceUnavailableException',
  'Too many large requests at once. Please try again later.',
];

function refuseBody(response: ServerResponse, [status, code, message]: BodyRefusal): void {
  response.setHeader('x-amzn-ErrorType', code);
  response.setHeader('x-amzn-RequestId', randomUUID());
  if (status === 503) response.setHeader('Retry-After', '1');
  send(response, status, JSON.stringify({ message }), 'application/json');
}

/** Node drops the second value of some headers; a signature covers what was sent. */
function joinedHeaders(request: IncomingMessage): Record<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase();
    const value = request.rawHeaders[i + 1] ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(headers);
}

function isLoopbackAddress(address: string): boolean {
  return isLoopback(address.replace(/^::ffff:/, ''));
}

type Page = (options: AdminServerOptions, response: ServerResponse) => void;

const PAGES: Readonly<Record<string, Page | undefined>> = Object.assign(Object.create(null), {
  '/healthz': (_options, response) => send(response, 200, 'ok\n'),
  '/readyz': ({ health }, response) => {
    const { ready, reason } = health();
    send(response, ready ? 200 : 503, ready ? 'ok\n' : `not ready: ${reason ?? 'starting'}\n`);
  },
  '/metrics': ({ metrics }, response) => send(response, 200, metrics(), METRICS_CONTENT_TYPE),
} satisfies Record<string, Page>);

/** Node leaves the body out for HEAD and keeps its length. */
function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
