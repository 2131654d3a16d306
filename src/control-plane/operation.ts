/** One operation of the control plane (reference 09 section 2): how it is called, and what it does. */
import type { Shape } from './wire/shape.js';
import type { Transaction } from './workspace/transaction.js';

export interface Operation {
  /** As the SDKs name it: `CreateResource`. */
  readonly name: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** `/restapis/{restapi_id}/resources/{parent_id}`, parameters named as in reference 09. */
  readonly path: string;
  /** A query parameter that tells it from another operation of the same method and path: `mode=import`. */
  readonly mode?: string;
  /** Of the answer when all went well. */
  readonly status: number;
  /** The JSON body's members, and what the front end refuses in them. Absent: a body is ignored. */
  readonly input?: Shape & { kind: 'structure' };
  /** Enumerations and patterns of path parameters, checked with the body's. */
  readonly pathShapes?: Readonly<Record<string, Shape>>;
  /** The body is a document, taken as it is. */
  readonly rawBody?: true;
  /** Changes nothing although its method says so (TestInvokeMethod): a read-only access key may call it. */
  readonly readOnly?: true;
  /**
   * Runs against the state a transaction shows, and may run again when somebody else was faster: it must not do anything
   * that the transaction cannot take back.
   * @returns the answer's body as plain JSON members (dates as epoch seconds), undefined for an empty one, or `RawAnswer`
   * @throws ApiError
   */
  run(transaction: Transaction, request: OperationRequest): Promise<unknown> | unknown;
}

export interface OperationRequest {
  /** Path parameters, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body after the front end's checks; `{}` without one. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The bytes of the body. */
  readonly raw: Uint8Array;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer that is no JSON object: an export. */
export class RawAnswer {
  readonly body: Uint8Array | string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: Uint8Array | string, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}
