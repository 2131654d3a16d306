/** The log of a test call in the recorded form (reference 09 section 7). */
import type { Content, Field } from '../../invoke/content.js';
import type { TestRequest } from './request.js';

/** Characters of a map in a line; the rest is cut. Of bodies, `MAX_BODY` are there. */
const MAX_MAP = 1000;
const MAX_BODY = 1_048_576;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A call of a backend or a function, as far as it came. */
export interface LoggedCall {
  readonly uri: string;
  readonly headers: readonly Field[];
  readonly body: Content | null;
  /** Null: none came. */
  readonly answer: {
    readonly status: number;
    readonly headers: readonly Field[];
    readonly body: Content | null;
  } | null;
  readonly milliseconds: number;
}

export interface LoggedAnswer {
  readonly status: number;
  readonly headers: readonly Field[];
  readonly body: string;
  /** Why it is the gateway's own answer, as a line of the log; undefined: it is not, the execution was successful. */
  readonly failure: string | undefined;
}

export interface LoggedTest {
  readonly requestId: string;
  readonly httpMethod: string;
  readonly request: TestRequest;
  /** Decoded, by name. */
  readonly pathParameters: readonly (readonly [name: string, value: string])[];
  readonly queryParameters: readonly (readonly [name: string, value: string])[];
  /** Null: MOCK, or a failure before the call. */
  readonly call: LoggedCall | null;
  readonly answer: LoggedAnswer;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export function logOf({ requestId, ...test }: LoggedTest): string {
  const { request, call, answer } = test;
  const began = [
    `Starting execution for request: ${requestId}`,
    `HTTP Method: ${test.httpMethod}, Resource Path: ${request.path}`,
    `Method request path: ${javaMap(test.pathParameters)}`,
    `Method request query string: ${javaMap(test.queryParameters)}`,
    `Method request headers: ${javaMap([...request.headers].map(([name, values]) => [name, values.join(',')]))}`,
    `Method request body before transformations: ${cut(request.body, MAX_BODY)}`,
    ...(call === null ? [] : requestLines(call)),
  ];
  const ended = [
    ...(call === null ? [] : responseLines(call)),
    ...(answer.failure === undefined ? successLines(answer) : [answer.failure].filter((line) => line !== '')),
    `Method completed with status: ${answer.status}`,
  ];
  const dated = (at: number) => (line: string) => `${date(at)} : ${line}\n`;
  return [
    `Execution log for request ${requestId}\n`,
    ...began.map(dated(test.startedAt)),
    ...ended.map(dated(test.endedAt)),
  ].join('');
}

function requestLines({ uri, headers, body }: LoggedCall): string[] {
  return [
    `Endpoint request URI: ${uri}`,
    `Endpoint request headers: ${fieldMap(headers)}`,
    `Endpoint request body after transformations: ${text(body)}`,
    `Sending request to ${uri}`,
  ];
}

function responseLines({ answer, milliseconds }: LoggedCall): string[] {
  if (answer === null) return [];
  return [
    `Received response. Status: ${answer.status}, Integration latency: ${Math.round(milliseconds)} ms`,
    `Endpoint response headers: ${fieldMap(answer.headers)}`,
    `Endpoint response body before transformations: ${text(answer.body)}`,
  ];
}

function successLines({ headers, body }: LoggedAnswer): string[] {
  return [
    `Method response body after transformations: ${cut(body, MAX_BODY)}`,
    `Method response headers: ${fieldMap(headers)}`,
    'Successfully completed execution',
  ];
}

/** `Tue Mar 04 10:11:12 UTC 2025`. */
export function date(epochMs: number): string {
  const at = new Date(epochMs);
  const day = String(at.getUTCDate()).padStart(2, '0');
  return `${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${day} ${at.toISOString().slice(11, 19)} UTC ${at.getUTCFullYear()}`;
}

function fieldMap(fields: readonly Field[]): string {
  return javaMap(fields.map(({ name, value }) => [name, value]));
}

/** As Java prints a map. */
function javaMap(entries: readonly (readonly [name: string, value: string])[]): string {
  return cut(`{${entries.map(([name, value]) => `${name}=${value}`).join(', ')}}`, MAX_MAP);
}

function text(content: Content | null): string {
  if (content === null) return '';
  return `${content.text ?? content.base64 ?? ''}${content.cut ? TRUNCATED : ''}`;
}

const TRUNCATED = ' [TRUNCATED]';

function cut(value: string, most: number): string {
  return value.length <= most ? value : `${value.slice(0, most)}${TRUNCATED}`;
}
