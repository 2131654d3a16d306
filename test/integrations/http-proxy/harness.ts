/** What the tests of integrations share: backends that record bytes, a client's end of an exchange, and contexts. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { AwsAccess } from '../../../src/aws/access.js';
import { now } from '../../../src/exchange/clock.js';
import { type AnswerSink, Exchange, type ParsedRequest } from '../../../src/exchange/exchange.js';
import { forEachHeader } from '../../../src/http/header-block.js';
import type {
  CompiledIntegration,
  FunctionCall,
  FunctionInvoker,
  FunctionResult,
  IntegrationContext,
} from '../../../src/integrations/integration.js';
import type { Integration, IntegrationResponse, Method } from '../../../src/model/snapshot.js';
import { Upstreams } from '../../../src/upstream/balancing/upstreams.js';
import { createUpstreamClient } from '../../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../../src/upstream/upstream.js';

export const API_ID = 'k3v9q0example';

export function integration(parts: Partial<Integration>): Integration {
  return {
    type: 'HTTP_PROXY',
    passthroughBehavior: 'WHEN_NO_MATCH',
    requestParameters: {},
    requestTemplates: {},
    responses: [],
    cacheNamespace: '',
    cacheKeyParameters: [],
    connectionType: 'INTERNET',
    timeoutInMillis: 5_000,
    responseTransferMode: 'BUFFERED',
    ...parts,
  };
}

export function integrationResponse(parts: Partial<IntegrationResponse>): IntegrationResponse {
  return { statusCode: '200', responseParameters: {}, responseTemplates: {}, ...parts };
}

export interface ContextParts {
  integration: Partial<Integration>;
  upstream?: UpstreamClient;
  functions?: FunctionInvoker;
  aws?: AwsAccess;
  binaryMediaTypes?: string[];
  stageVariables?: Record<string, string>;
  pathParameterNames?: string[];
  /** Status codes of the method's responses; those of the integration responses by default. */
  methodResponses?: string[];
}

const NO_UPSTREAM: UpstreamClient = {
  request() {
    throw new Error('No backend was expected to be called');
  },
  async close() {},
  stats: () => ({ connections: 0, active: 0, pending: 0 }),
};

const NO_FUNCTIONS: FunctionInvoker = {
  invoke() {
    throw new Error('No function was expected to be called');
  },
};

export function contextOf(parts: ContextParts): IntegrationContext {
  const whole = integration(parts.integration);
  const codes = parts.methodResponses ?? [...new Set(whole.responses.map(({ statusCode }) => statusCode))];
  const method: Method = {
    httpMethod: 'ANY',
    operationName: 'ListShelves',
    authorizationType: 'NONE',
    authorizationScopes: [],
    apiKeyRequired: false,
    requestParameters: {},
    requestModels: {},
    responses: codes.map((statusCode) => ({ statusCode, responseParameters: {}, responseModels: {} })),
    integration: whole,
  };
  return {
    stage: {
      apiId: API_ID,
      apiName: 'Shelves',
      stageName: 'live',
      deploymentId: 't4w8zx',
      variables: parts.stageVariables ?? {},
      region: 'eu-west-3',
      accountId: '210987654321',
      binaryMediaTypes: parts.binaryMediaTypes ?? [],
      counterSlot: 0,
    },
    resource: { id: '9x2bd1', path: '/shelves/{shelf}/{tail+}', methods: [method] },
    method,
    integration: whole,
    pathParameterNames: parts.pathParameterNames ?? ['shelf', 'tail'],
    services: {
      upstream: parts.upstream ?? NO_UPSTREAM,
      upstreams: new Upstreams({ named: {}, client: parts.upstream ?? NO_UPSTREAM }),
      functions: parts.functions ?? NO_FUNCTIONS,
      aws: parts.aws ?? new AwsAccess({ endpoints: {} }),
      listener: { port: 443, protocol: 'https' },
    },
  };
}

export interface RequestParts extends Partial<ParsedRequest> {
  pathParameters?: string[];
}

export function requestOf(parts: RequestParts = {}): ParsedRequest {
  const { pathParameters: _, ...request } = parts;
  return {
    method: 'GET',
    path: '/live/shelves/7/a/b',
    query: '',
    host: 'k3v9q0example.execute-api.localhost:8080',
    headers: '',
    sourceIp: '198.51.100.9',
    body: null,
    bodyLength: 0,
    arrivedAt: now(),
    requestId: '',
    overTls: false,
    ...request,
  };
}

/** A client's end of one exchange: takes the answer and says what it got. */
export class Client implements AnswerSink {
  readonly exchange: Exchange;
  status = 0;
  headers = '';
  /** Length announced by `begin`; undefined when the answer came whole. */
  announced: number | undefined;
  ending: 'whole' | 'ended' | 'destroyed' | undefined;
  consumedBytes = 0;
  readonly chunks: Buffer[] = [];
  /** Bytes that may wait untaken before `write` says false. */
  window = Number.POSITIVE_INFINITY;
  untaken = 0;
  /** The body of a whole answer as it was given. */
  wholeBody: string | Uint8Array | null = null;
  #waiters: { test: () => boolean; resolve: () => void }[] = [];

  constructor(parts: RequestParts = {}) {
    this.exchange = new Exchange(requestOf(parts), this, 1);
    this.exchange.pathParameters = parts.pathParameters ?? ['7', 'a/b'];
    this.exchange.contextPath = this.exchange.request.path;
  }

  async call(target: CompiledIntegration): Promise<this> {
    target.invoke(this.exchange);
    return this.until(() => this.ending !== undefined);
  }

  /** Resolves when the test holds; it is asked again after everything that happens to the exchange. */
  until(test: () => boolean): Promise<this> {
    return new Promise((resolve) => {
      this.#waiters.push({ test, resolve: () => resolve(this) });
      this.#changed();
    });
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }

  /** Values by name as it was spelled, repeated ones in a list. */
  get fields(): Record<string, string | string[]> {
    const fields: Record<string, string | string[]> = {};
    forEachHeader(this.headers, (name, value) => {
      const before = fields[name];
      fields[name] = before === undefined ? value : [before, value].flat();
    });
    return fields;
  }

  /** The client reads everything that waits. */
  take(): void {
    this.untaken = 0;
    this.exchange.listener?.onDrain();
  }

  cancel(): void {
    this.exchange.cancelled = true;
    this.exchange.listener?.onCancel();
  }

  answer({ idLines }: Exchange, status: number, headers: string, body: string | Uint8Array | null): void {
    this.status = status;
    this.headers = headers + idLines;
    this.wholeBody = body;
    if (body !== null) this.chunks.push(Buffer.from(body as string));
    this.ending = 'whole';
    this.#changed();
  }

  begin({ idLines }: Exchange, status: number, headers: string, contentLength: number): void {
    this.status = status;
    this.headers = headers + idLines;
    this.announced = contentLength;
    this.#changed();
  }

  write(_: Exchange, chunk: Uint8Array): boolean {
    this.chunks.push(Buffer.from(chunk));
    this.untaken += chunk.length;
    this.#changed();
    return this.untaken < this.window;
  }

  end(): void {
    this.ending = 'ended';
    this.#changed();
  }

  destroy(): void {
    this.ending = 'destroyed';
    this.#changed();
  }

  consumed(_: Exchange, bytes: number): void {
    this.consumedBytes += bytes;
    this.#changed();
  }

  #changed(): void {
    const ready = this.#waiters.filter(({ test }) => test());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }
}

export interface SeenRequest {
  /** Every byte up to the empty line, as latin1. */
  head: string;
  /** First line without the version. */
  line: string;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/** Answers one request; the default is 200 with `{}`. */
export type Answerer = (request: SeenRequest, socket: Socket) => void;

export function reply(status: string, headers: string[] = [], body = ''): Answerer {
  return (_, socket) => {
    const length = headers.some((line) => /^(?:content-length|transfer-encoding):/i.test(line))
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`];
    socket.write(`HTTP/1.1 ${status}\r\n${[...headers, ...length].join('\r\n')}\r\n\r\n${body}`);
  };
}

/** A backend on a bare socket: it sees the exact bytes of a request. Bodies need a Content-Length or chunks. */
export class Backend {
  readonly requests: SeenRequest[] = [];
  readonly sockets = new Set<Socket>();
  readonly client: UpstreamClient;
  answer: Answerer = reply('200 OK', ['Content-Type: application/json'], '{}');
  /** Called with the head as soon as it is there; true: the rest of the connection is the test's own. */
  onHead: ((request: SeenRequest, socket: Socket, rest: Buffer) => boolean) | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.client = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
  }

  static async start(): Promise<Backend> {
    const server = createServer({ allowHalfOpen: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const backend = new Backend(server);
    server.on('connection', (socket) => backend.#serve(socket));
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  uri(rest = '/'): string {
    return `http://${this.host}${rest}`;
  }

  get last(): SeenRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('The backend saw no request');
    return request;
  }

  async stop(): Promise<void> {
    await this.client.close();
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket);
    let data: Buffer = Buffer.alloc(0);
    let given = false;
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (given) return;
      data = Buffer.concat([data, chunk]);
      for (;;) {
        const end = data.indexOf('\r\n\r\n');
        if (end < 0) return;
        const request = readHead(data.toString('latin1', 0, end));
        const rest = data.subarray(end + 4);
        if (this.onHead?.(request, socket, rest) === true) {
          given = true;
          return;
        }
        const length = bodyLength(request, rest);
        if (length === undefined) return;
        request.body = length.body;
        data = rest.subarray(length.taken);
        this.requests.push(request);
        this.answer(request, socket);
      }
    });
  }
}

function readHead(head: string): SeenRequest {
  const [line = '', ...lines] = head.split('\r\n');
  const headers: Record<string, string | string[]> = {};
  forEachHeader(`${lines.join('\r\n')}\r\n`, (name, value) => {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  });
  return { head, line: line.replace(/ HTTP\/1\.1$/, ''), headers, body: Buffer.alloc(0) };
}

/** Undefined: not all there yet. */
function bodyLength(request: SeenRequest, rest: Buffer): { body: Buffer; taken: number } | undefined {
  const names = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  if (names['transfer-encoding'] === 'chunked') {
    const parts: Buffer[] = [];
    let at = 0;
    for (;;) {
      const lineEnd = rest.indexOf('\r\n', at);
      if (lineEnd < 0) return undefined;
      const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16);
      if (rest.length < lineEnd + 2 + size + 2) return undefined;
      parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
      at = lineEnd + 2 + size + 2;
      if (size === 0) return { body: Buffer.concat(parts), taken: at };
    }
  }
  const length = Number(names['content-length'] ?? 0);
  return rest.length < length ? undefined : { body: rest.subarray(0, length), taken: length };
}

/** Functions by test: records calls, answers what it is told. */
export class Functions implements FunctionInvoker {
  readonly calls: FunctionCall[] = [];
  cancelled = 0;
  result: FunctionResult = { kind: 'payload', payload: Buffer.from('{}'), functionError: false };
  /** False: results are kept until `finish`. */
  immediate = true;
  #pending: (() => void)[] = [];

  invoke(call: FunctionCall, done: (result: FunctionResult) => void): { cancel(): void } {
    this.calls.push(call);
    const finish = (): void => done(this.result);
    if (this.immediate) setImmediate(finish);
    else this.#pending.push(finish);
    return { cancel: () => void this.cancelled++ };
  }

  finish(): void {
    for (const finish of this.#pending.splice(0)) finish();
  }
}

export function payload(text: string, functionError = false): FunctionResult {
  return { kind: 'payload', payload: Buffer.from(text), functionError };
}
