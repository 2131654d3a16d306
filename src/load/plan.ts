/** What is to be sent where, and when: everything a load thread needs, as plain data. */

export interface LoadPlan {
  target: LoadTarget;
  /** At least one. */
  requests: readonly LoadRequest[];
  pace: Pace;
  /** Milliseconds at the beginning that are not measured. */
  warmUpMs: number;
  connections: number;
  threads: number;
  /** From the intended time of sending to the last byte of the answer; then the request has failed. */
  timeoutMs: number;
}

export interface LoadTarget {
  secure: boolean;
  /** Name or address, IPv6 without brackets. */
  host: string;
  port: number;
  /** False: any certificate will do. */
  verify: boolean;
}

export interface LoadRequest {
  name: string;
  /** How often it is sent, in relation to the others. */
  weight: number;
  method: string;
  /** Head and body as they go over the wire. */
  bytes: Uint8Array;
  expect: Expectation;
}

/** What an answer must be, or the request has failed. */
export interface Expectation {
  /** Without it, any status below 400. */
  status?: number;
  /** Exactly these bytes. */
  body?: Uint8Array;
}

export type Pace =
  /** Requests are sent when it is time, whether or not earlier ones were answered. */
  | { kind: 'open'; arrivals: 'constant' | 'poisson'; stages: readonly Stage[] }
  /** Each connection sends its next request when its last one is answered, until the time or the number is reached. */
  | { kind: 'closed'; durationMs: number; maxRequests?: number };

/** Requests per second, from the beginning to the end of the stage in a straight line. */
export interface Stage {
  from: number;
  to: number;
  durationMs: number;
}

/** One thread's part of a plan: every `count`th arrival from `index` on, and as large a part of the connections. */
export interface Share {
  index: number;
  count: number;
}

export interface RequestParts {
  method: string;
  /** With its query. */
  path: string;
  /** Value of the Host header, unless the headers have one. */
  authority: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array | null;
}

/** Methods whose requests say that they have no body. */
const ANNOUNCES_LENGTH: readonly string[] = ['POST', 'PUT', 'PATCH'];

/** The bytes of a request. Names and values must have been checked: they are written as they are. */
export function requestBytes({ method, path, authority, headers, body }: RequestParts): Uint8Array {
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) fields.unshift(`Host: ${authority}\r\n`);
  if (body !== null || ANNOUNCES_LENGTH.includes(method))
    fields.push(`Content-Length: ${body?.length ?? 0}\r\n`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1');
  return body === null ? head : Buffer.concat([head, body]);
}

/** Milliseconds from the first request to the last arrival, warm-up included. */
export function planDuration({ pace, warmUpMs }: LoadPlan): number {
  const measured =
    pace.kind === 'closed'
      ? pace.durationMs
      : pace.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return warmUpMs + measured;
}
