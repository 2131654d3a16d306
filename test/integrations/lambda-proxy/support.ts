import { AwsAccess } from '../../../src/aws/access.js';
import { type AnswerSink, Exchange, type ParsedRequest } from '../../../src/exchange/exchange.js';
import type { StageRuntime } from '../../../src/exchange/stage-runtime.js';
import { forEachHeader } from '../../../src/http/header-block.js';
import type {
  FunctionCall,
  FunctionResult,
  IntegrationContext,
} from '../../../src/integrations/integration.js';
import { compileLambdaProxy } from '../../../src/integrations/lambda-proxy/lambda-proxy.js';
import type { Integration, Method, Resource } from '../../../src/model/snapshot.js';
import { Upstreams } from '../../../src/upstream/balancing/upstreams.js';
import type { UpstreamClient } from '../../../src/upstream/upstream.js';

export const FUNCTION_ARN = 'arn:aws:lambda:eu-west-3:210987654321:function:shelves';
export const FUNCTION_URI = `arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/${FUNCTION_ARN}/invocations`;

const NO_UPSTREAM: UpstreamClient = {
  request: () => {
    throw new Error('Lambda proxy integrations call functions only');
  },
  close: async () => {},
  stats: () => ({ connections: 0, active: 0, pending: 0 }),
};

export interface Answer {
  status: number;
  headers: [name: string, value: string][];
  body: string | Uint8Array | null;
}

/** Keeps what an exchange answers and how much of its body was used. */
export class RecordingSink implements AnswerSink {
  readonly answers: Answer[] = [];
  consumedBytes = 0;
  onAnswer: (answer: Answer) => void = () => {};

  answer({ idLines }: Exchange, status: number, block: string, body: string | Uint8Array | null): void {
    const headers: Answer['headers'] = [];
    forEachHeader(block + idLines, (name, value) => headers.push([name, value]));
    const answer = { status, headers, body };
    this.answers.push(answer);
    this.onAnswer(answer);
  }

  begin(): void {
    throw new Error('Lambda proxy answers are never streamed');
  }

  write(): boolean {
    throw new Error('Lambda proxy answers are never streamed');
  }

  end(): void {}
  destroy(): void {}

  consumed(_: Exchange, bytes: number): void {
    this.consumedBytes += bytes;
  }
}

export interface Case {
  /** `name: value` lines, names in lower case as they come from the acceptor. */
  headers?: readonly string[];
  request?: Partial<ParsedRequest>;
  exchange?: Partial<Pick<Exchange, 'eventPath' | 'contextPath' | 'pathParameters'>>;
  stage?: Partial<StageRuntime>;
  resource?: Partial<Resource>;
  method?: Partial<Method>;
  integration?: Partial<Integration>;
  pathParameterNames?: string[];
  listener?: IntegrationContext['services']['listener'];
}

export function newExchange(test: Case, sink: AnswerSink): Exchange {
  const headers = (test.headers ?? []).map((line) => `${line}\r\n`).join('');
  const exchange = new Exchange(
    {
      method: 'GET',
      path: '/live/things',
      query: '',
      host: 'k3v9q0example.execute-api.eu-west-3.amazonaws.com',
      headers,
      sourceIp: '198.51.100.9',
      body: null,
      bodyLength: 0,
      arrivedAt: 0,
      requestId: '',
      overTls: false,
      ...test.request,
    },
    sink,
    1,
  );
  return Object.assign(exchange, { eventPath: '/things', contextPath: '/live/things', ...test.exchange });
}

export function newContext(
  test: Case,
  invoke: (call: FunctionCall, done: (result: FunctionResult) => void) => { cancel(): void },
): IntegrationContext {
  return {
    stage: {
      apiId: 'k3v9q0example',
      apiName: 'shelves',
      stageName: 'live',
      deploymentId: 't4w8zx',
      variables: {},
      region: 'eu-west-3',
      accountId: '210987654321',
      binaryMediaTypes: [],
      counterSlot: 0,
      ...test.stage,
    },
    resource: { id: '9x2bd1', path: '/things', methods: [], ...test.resource },
    method: {
      httpMethod: 'ANY',
      authorizationType: 'NONE',
      authorizationScopes: [],
      apiKeyRequired: false,
      requestParameters: {},
      requestModels: {},
      responses: [],
      ...test.method,
    },
    integration: {
      type: 'AWS_PROXY',
      httpMethod: 'POST',
      uri: FUNCTION_URI,
      passthroughBehavior: 'WHEN_NO_MATCH',
      requestParameters: {},
      requestTemplates: {},
      responses: [],
      cacheNamespace: '9x2bd1',
      cacheKeyParameters: [],
      connectionType: 'INTERNET',
      timeoutInMillis: 29_000,
      responseTransferMode: 'BUFFERED',
      ...test.integration,
    },
    pathParameterNames: test.pathParameterNames ?? [],
    services: {
      upstream: NO_UPSTREAM,
      upstreams: new Upstreams({ named: {}, client: NO_UPSTREAM }),
      functions: { invoke },
      aws: new AwsAccess({ endpoints: {} }),
      listener: test.listener ?? { port: 443, protocol: 'https' },
    },
  };
}

export interface Outcome {
  calls: FunctionCall[];
  answer: Answer | undefined;
  exchange: Exchange;
  sink: RecordingSink;
}

/** Sends one request through a compiled integration whose function gives `result`. */
export function run(test: Case, result: FunctionResult = payload('{}')): Outcome {
  const calls: FunctionCall[] = [];
  const sink = new RecordingSink();
  const exchange = newExchange(test, sink);
  const context = newContext(test, (call, done) => {
    calls.push(call);
    done(result);
    return { cancel() {} };
  });
  compileLambdaProxy(context).invoke(exchange);
  if (sink.answers.length > 1) throw new Error(`${sink.answers.length} answers to one request`);
  return { calls, answer: sink.answers[0], exchange, sink };
}

/** The event one request becomes. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
export function eventOf(test: Case): any {
  const [call] = run(test).calls;
  if (call === undefined) throw new Error('the function was not called');
  return JSON.parse(String(call.payload));
}

export function payload(json: string, functionError = false): FunctionResult {
  return { kind: 'payload', payload: new TextEncoder().encode(json), functionError };
}

/** All values of one header of an answer. */
export function valuesOf(answer: Answer | undefined, name: string): string[] {
  return (answer?.headers ?? []).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}
