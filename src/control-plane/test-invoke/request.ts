/** The request of a test call (reference 09 section 7). */
import { DEFAULT_LIMITS } from '../../config/settings.js';
import type { ParsedRequest } from '../../exchange/exchange.js';
import { isSafeHeader } from '../../http/header-block.js';
import { readRequest } from '../../invoke/client-request.js';
import { compileRoutes } from '../../routing/route-table.js';
import { badRequest } from '../wire/errors.js';

/** TestInvokeMethod's body. */
export interface GivenTest {
  pathWithQueryString?: string | null;
  body?: string | null;
  headers?: Readonly<Record<string, string>> | null;
  multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null;
  stageVariables?: Readonly<Record<string, string>> | null;
}

export interface TestRequest {
  readonly parsed: ParsedRequest;
  /** As given. */
  readonly path: string;
  readonly query: string;
  /** As given, each name with all its values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Raw, in the order of the resource's parameters; null: the path does not fit the resource. */
  readonly pathParameters: readonly string[] | null;
  readonly body: string;
}

/** The context of test calls (observed). */
const HOST = 'testPrefix.testDomainName';
const SOURCE_IP = 'test-invoke-source-ip';

/** The gateway writes these itself, or they belong to a connection that a test call does not have. */
const NOT_SENT: ReadonlySet<string> = new Set(['connection', 'content-length', 'host', 'transfer-encoding']);

/**
 * @param resourcePath stands for a path that is not given
 * @throws ApiError for what no client could send
 */
export function readTest(given: GivenTest, httpMethod: string, resourcePath: string): TestRequest {
  const target = given.pathWithQueryString || resourcePath;
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  const headers = headersOf(given);
  const body = given.body ?? '';
  const { parsed, refusal } = readRequest(
    {
      method: httpMethod,
      target: path.startsWith('/') ? target : `/${target}`,
      headers: [['Host', HOST], ...sentHeaders(headers)],
      body: body === '' ? null : Buffer.from(body),
    },
    DEFAULT_LIMITS,
  );
  if (refusal !== undefined) {
    throw badRequest(`No client could send this request: it would be answered ${refusal.status}`);
  }
  return {
    // A header that names another method has no say here: the operation's path names it.
    parsed: { ...parsed, method: httpMethod, sourceIp: SOURCE_IP },
    path,
    query: question < 0 ? '' : target.slice(question + 1),
    headers,
    pathParameters: parametersOf(resourcePath, parsed.path),
    body,
  };
}

/** Of a name in both maps, the list counts. */
function headersOf({ headers, multiValueHeaders }: GivenTest): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(headers ?? {})) all.set(name, [value]);
  for (const [name, values] of Object.entries(multiValueHeaders ?? {})) all.set(name, values);
  for (const [name, values] of all) {
    if (values.some((value) => typeof value !== 'string' || !isSafeHeader(name, value))) {
      throw badRequest(`The header ${JSON.stringify(name)} is none that a client could send`);
    }
  }
  return all;
}

function sentHeaders(headers: ReadonlyMap<string, readonly string[]>): [string, string][] {
  return [...headers].flatMap(([name, values]) => {
    const lower = name.toLowerCase();
    if (NOT_SENT.has(lower)) return [];
    // Recorded: whatever type a test names, its body is JSON.
    if (lower === 'content-type') return [[name, 'application/json'] as [string, string]];
    return values.map((value): [string, string] => [name, value]);
  });
}

function parametersOf(resourcePath: string, path: string): readonly string[] | null {
  try {
    const route = compileRoutes([{ path: resourcePath, method: 'ANY', value: undefined }]);
    return route.match('GET', path)?.pathParameters ?? null;
  } catch (error) {
    throw badRequest(`The resource cannot be served: ${(error as Error).message}`);
  }
}
