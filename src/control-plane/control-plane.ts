/**
 * The AWS-compatible admin API (reference 09): requests in, answers out. Knows no sockets; `thread.ts` runs it in a
 * thread of its own, so that a large import does not disturb the data plane.
 */
import type { Authenticator, Identity } from './authentication/authenticator.js';
import { type Operation, type OperationRequest, RawAnswer } from './operation.js';
import { ApiError } from './wire/errors.js';
import { asHal, wantsHal } from './wire/hal.js';
import { Router } from './wire/router.js';
import { refuseViolations, violations } from './wire/shape.js';
import type { Workspace } from './workspace/workspace.js';

/** A request to the admin port that none of its own pages took. */
export interface ControlPlaneRequest {
  method: string;
  /** Path and query, as they came. */
  target: string;
  /** Names in lower case; values of one name joined with `, `. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** It came from this machine. */
  loopback: boolean;
}

export interface ControlPlaneAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | string;
}

export interface ControlPlaneOptions {
  workspace: Workspace;
  operations: readonly Operation[];
  authenticator: Authenticator;
  /** Told of defects of ours: the caller only learns that something failed. */
  onDefect(operation: string, error: unknown): void;
}

export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #router: Router;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#router = new Router(options.operations);
  }

  /** Never throws. */
  async handle(request: ControlPlaneRequest): Promise<ControlPlaneAnswer> {
    const [path = '/', queryText = ''] = splitTarget(request.target);
    const query = new URLSearchParams(queryText);
    let name = path;
    try {
      const identity = await this.#options.authenticator.identify(request);
      const routed = this.#router.find(request.method, path, query);
      if (routed === null) throw new ApiError('BadRequestException', 'The path is not percent-encoded UTF-8');
      if (routed === undefined) {
        throw new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token');
      }
      const { operation } = routed;
      name = operation.name;
      checkRights(identity, operation);
      const input = readInput(operation, routed.path, query, request);
      const result = await this.#options.workspace.run(
        (transaction) => operation.run(transaction, input),
        identity.name,
        mayWrite(operation) ? turnOf(path) : undefined,
      );
      return render(operation.status, result, path, request.headers.accept);
    } catch (error) {
      if (error instanceof ApiError) return failure(error);
      this.#options.onDefect(name, error);
      return failure(new ApiError('InternalFailure', 'Internal failure'));
    }
  }
}

function splitTarget(target: string): [string, string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

function mayWrite({ method, readOnly }: Operation): boolean {
  return method !== 'GET' && readOnly !== true;
}

/**
 * Calls that write to one API come several at once, from Terraform ten: one after the other none of them is in vain.
 * `/restapis/abc123/resources/def456` -> `/restapis/abc123`
 */
function turnOf(path: string): string {
  return path.split('/', 3).join('/');
}

function checkRights(identity: Identity, operation: Operation): void {
  if (identity.mayWrite || !mayWrite(operation)) return;
  throw new ApiError(
    'AccessDeniedException',
    `User: ${identity.name} is not authorized to perform: apigateway:${operation.method} because its access key is read-only`,
  );
}

function readInput(
  operation: Operation,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
  { headers, body: raw }: ControlPlaneRequest,
): OperationRequest {
  const body = operation.input === undefined ? {} : readBody(raw);
  const found = Object.entries(operation.pathShapes ?? {}).flatMap(([name, shape]) =>
    violations(shape, path[name], lowerCamel(name)),
  );
  if (operation.input !== undefined) {
    found.push(...violations(operation.input, body, `${lowerCamel(operation.name)}Input`));
  }
  refuseViolations(found);
  return { path, query, body, raw, headers };
}

/** Bytes that are no UTF-8 are refused: nobody could tell what they stand for. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });
const SURROGATE = /\\u[dD][89a-fA-F]/;
/** JSON.stringify escapes a surrogate without its partner, and nothing else that looks like this. */
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

function readBody(raw: Uint8Array): Readonly<Record<string, unknown>> {
  if (raw.length === 0) return {};
  let body: unknown;
  try {
    const text = UTF8.decode(raw);
    body = JSON.parse(text);
    if (SURROGATE.test(text) && HALF_PAIR.test(JSON.stringify(body)))
      throw new Error('half a surrogate pair');
  } catch {
    throw new ApiError('SerializationException', 'The request body is no JSON document in UTF-8');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ApiError('SerializationException', 'The request body is no JSON object');
  }
  return body as Readonly<Record<string, unknown>>;
}

/** `PutIntegration` -> `putIntegration`, `status_code` -> `statusCode`. */
function lowerCamel(name: string): string {
  return name
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const HAL_TYPE = { 'Content-Type': 'application/hal+json' };

function render(
  status: number,
  result: unknown,
  path: string,
  accept: string | undefined,
): ControlPlaneAnswer {
  if (result instanceof RawAnswer) return { status, headers: { ...result.headers }, body: result.body };
  if (result === undefined) return { status, headers: {}, body: '' };
  return wantsHal(accept)
    ? { status, headers: HAL_TYPE, body: JSON.stringify(asHal(result, path)) }
    : { status, headers: JSON_TYPE, body: JSON.stringify(result) };
}

function failure(error: ApiError): ControlPlaneAnswer {
  const headers: Record<string, string> = { ...JSON_TYPE, 'x-amzn-ErrorType': error.code };
  if (error.retryAfter !== undefined) headers['Retry-After'] = String(error.retryAfter);
  return { status: error.status, headers, body: JSON.stringify({ message: error.message }) };
}
