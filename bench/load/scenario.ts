/** What one scenario file says. */
import type { BackendKind } from './backend.js';
import type { RequestSpec } from './requests.js';
import type { Variant } from './variant.js';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Part of a run without `--full`. */
  readonly quick: boolean;
  /** The closed loop asks for the first one only; arrivals at a rate are of all of them. */
  readonly requests: readonly WeightedRequest[];
  readonly backend: Backend;
  readonly variants: readonly Variant[];
  /** Also at fixed rates, shares of what this variant can do; those that take part without `--full`. */
  readonly open?: { reference: string; quick: readonly string[] };
  /** Connections, instead of load, and the memory they take. */
  readonly idleConnections?: number;
  /** TLS between client and variant. */
  readonly secure?: boolean;
  /** What makes throughput comparable here: bytes of the bodies of one request and its answer. */
  readonly bodyBytes?: number;
}

export interface WeightedRequest {
  request: RequestSpec;
  /** Body of a right answer. */
  answer: Buffer;
  weight: number;
  name: string;
}

export interface Backend {
  kind: BackendKind;
  /** Body of its answers. */
  body: Buffer;
}

/** One kind of request, as nearly all scenarios have. */
export function only(request: RequestSpec, answer: Buffer): readonly WeightedRequest[] {
  return [{ request, answer, weight: 1, name: `${request.method} ${request.path}` }];
}
