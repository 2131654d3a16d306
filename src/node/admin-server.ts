/**
 * The admin port: health, readiness and metrics for those who run the node. It has no credentials to check, so it
 * belongs on loopback; whoever binds it elsewhere has said so with `--admin-host` and is warned at the start.
 */
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

/** A scraper and some probes; more connections are closed at once. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 8_192;

/** @throws Error in one sentence when it cannot listen */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS,
    },
    (request, response) => answer(options, request, response),
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

function answer(options: AdminServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const page = PAGES[path];
  if (page === undefined) {
    send(response, 404, 'not found: /healthz, /readyz and /metrics are here\n');
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
