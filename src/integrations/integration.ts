/** What the pipeline and the five integration types agree on. */
import type { AwsAccess } from '../aws/access.js';
import type { Exchange } from '../exchange/exchange.js';
import type { StageRuntime } from '../exchange/stage-runtime.js';
import type { Integration, Method, Resource } from '../model/snapshot.js';
import type { Upstreams } from '../upstream/balancing/upstreams.js';
import type { UpstreamClient } from '../upstream/upstream.js';

/** A compiled integration. */
export interface CompiledIntegration {
  /**
   * Runs the integration for one exchange: it answers the exchange exactly once, now or later, whatever happens, and
   * stops when the exchange's listener hears `onCancel`. It may set `exchange.listener`. It never throws.
   */
  invoke(exchange: Exchange): void;
}

/** All that is known when a method is compiled. */
export interface IntegrationContext {
  readonly stage: StageRuntime;
  readonly resource: Resource;
  readonly method: Method;
  readonly integration: Integration;
  /** Names of the resource's path parameters (without `+`), in the order of `exchange.pathParameters`. */
  readonly pathParameterNames: readonly string[];
  readonly services: IntegrationServices;
}

/** What integrations may call; one set per worker. */
export interface IntegrationServices {
  readonly upstream: UpstreamClient;
  /** Upstreams of several targets. */
  readonly upstreams: Upstreams;
  readonly functions: FunctionInvoker;
  readonly aws: AwsAccess;
  readonly listener: ListenerInfo;
  /**
   * Given every integration when it is compiled, and answers with what is to be invoked in its place: how one request
   * is watched outside a node. Nodes have none.
   */
  readonly watch?: (integration: CompiledIntegration, context: IntegrationContext) => CompiledIntegration;
}

/** How clients reach this node: `X-Forwarded-Port` and `X-Forwarded-Proto` of events. */
export interface ListenerInfo {
  readonly port: number;
  readonly protocol: 'http' | 'https';
  /** Where requests come in that are `overTls`, which have `https`; absent: nowhere. */
  readonly tlsPort?: number;
}

/** A Lambda invocation's outcome. */
export type FunctionResult =
  /** The function ran. `payload` is its JSON text (empty for an asynchronous call); `functionError` when it failed. */
  | { kind: 'payload'; payload: Uint8Array; functionError: boolean }
  /** Lambda refused the call (403, 404): the caller answers 500. */
  | { kind: 'refused'; message: string }
  /** Lambda is throttling or broken (429, 5xx): the caller answers 502. */
  | { kind: 'unavailable'; message: string }
  /** Lambda could not be reached. */
  | { kind: 'unreachable'; message: string }
  | { kind: 'timeout' };

export interface FunctionInvocation {
  cancel(): void;
}

export interface FunctionCall {
  /** Function ARN or name, alias or version included. */
  functionName: string;
  /** Region of the integration URI. */
  region: string;
  /** The event, JSON text. */
  payload: string | Uint8Array;
  /** Milliseconds: the integration's timeout. */
  timeoutMs: number;
  /** `Event` for an asynchronous call. */
  invocationType: 'RequestResponse' | 'Event';
  apiId: string;
  requestId: string;
  traceId: string;
}

/** Calls Lambda functions, local or remote; which one is decided by the function's name. */
export interface FunctionInvoker {
  invoke(call: FunctionCall, done: (result: FunctionResult) => void): FunctionInvocation;
}
