/** What a Lambda proxy function sees of a test call (observed, reference 09 section 7): the event of a real one, with the test's own values. */
import type {
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
} from '../../integrations/integration.js';
import type { TestRequest } from './request.js';

interface ProxyEvent {
  headers: Record<string, string | undefined> | null;
  multiValueHeaders: Record<string, readonly string[]> | null;
  pathParameters: Record<string, string> | null;
  requestContext: { identity: Record<string, string | null> };
}

/** Stands before the functions of a Lambda proxy integration. */
export class TestProxyFunctions implements FunctionInvoker {
  readonly #functions: FunctionInvoker;
  readonly #request: TestRequest;
  readonly #identity: Readonly<Record<string, string>>;

  /** @param identity members of `requestContext.identity` that a test call has */
  constructor(functions: FunctionInvoker, request: TestRequest, identity: Readonly<Record<string, string>>) {
    this.#functions = functions;
    this.#request = request;
    this.#identity = identity;
  }

  invoke(call: FunctionCall, done: (result: FunctionResult) => void): FunctionInvocation {
    const { headers, pathParameters } = this.#request;
    const event = JSON.parse(Buffer.from(call.payload).toString('utf8')) as ProxyEvent;
    const fields = [...headers];
    // No gateway, proxy or load balancer added any.
    event.headers =
      fields.length === 0 ? null : Object.fromEntries(fields.map(([name, values]) => [name, values.at(-1)]));
    event.multiValueHeaders = fields.length === 0 ? null : Object.fromEntries(fields);
    if (pathParameters === null) event.pathParameters = null;
    Object.assign(event.requestContext.identity, this.#identity);
    return this.#functions.invoke({ ...call, payload: JSON.stringify(event) }, done);
  }
}
