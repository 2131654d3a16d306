/** What happened to one request, step by step, as plain data. */
import type { RouteCandidate } from '../routing/explain-routes.js';
import type { Content, Field } from './content.js';

export type TraceStep =
  | RequestStep
  | AddressStep
  | RouteStep
  | AuthorizationStep
  | ValidationStep
  | IntegrationStep
  | UpstreamStep
  | FunctionStep
  | IntegrationResponseStep
  | GatewayResponseStep;

/** The request as the gateway sees it: hop-by-hop headers are gone, an overridden method counts. */
export interface RequestStep {
  readonly step: 'request';
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Field[];
  readonly body: Content | null;
}

/** From host and path to a deployed stage. */
export interface AddressStep {
  readonly step: 'address';
  readonly host: string;
  /** Null: no API, stage or mapping is there. */
  readonly found: {
    readonly apiId: string;
    readonly apiName: string;
    readonly stage: string;
    /** What is left of the path for the resources. */
    readonly resourcePath: string;
  } | null;
}

export interface RouteStep {
  readonly step: 'route';
  /** By name, decoded; null: no method was selected. */
  readonly pathParameters: Readonly<Record<string, string>> | null;
  /** In the order in which matching tries them. */
  readonly candidates: readonly RouteCandidate[];
}

/** Only of methods that ask for something. */
export interface AuthorizationStep {
  readonly step: 'authorization';
  readonly asked: readonly string[];
  /** Not executed yet: such methods are closed unless authorization is skipped. */
  readonly skipped: boolean;
}

/** Only of methods with a validator. */
export interface ValidationStep {
  readonly step: 'validation';
  readonly validator: string;
  readonly checks: readonly ('parameters' | 'body')[];
  readonly passed: boolean;
  /** What a body check found; null: nothing. */
  readonly found: string | null;
}

export interface IntegrationStep {
  readonly step: 'integration';
  readonly type: string;
  readonly uri: string | null;
  /** Null where there are no templates: the proxies. */
  readonly template: {
    /** `request template for application/json`, `passthrough` or `unsupported`. */
    readonly chosen: string;
    readonly contentType: string | null;
    readonly templates: readonly string[];
    readonly passthroughBehavior: string;
  } | null;
  /** What a MOCK rendered: no call shows it. Null: nothing. */
  readonly rendered: Content | null;
}

/** A call of an HTTP backend or an AWS service. */
export interface UpstreamStep {
  readonly step: 'upstream call';
  readonly method: string;
  readonly url: string;
  /** Credentials of the gateway's own are hidden. */
  readonly headers: readonly Field[];
  readonly body: Content | null;
  /** Null: it failed before its head came. */
  readonly answer: {
    readonly status: number;
    readonly headers: readonly Field[];
    readonly body: Content | null;
  } | null;
  /** Why the call failed; null: it did not. */
  readonly error: string | null;
  readonly milliseconds: number;
}

export interface FunctionStep {
  readonly step: 'function call';
  readonly functionName: string;
  /** `FILE#EXPORT` of a local function, else the endpoint. */
  readonly where: string;
  readonly asynchronous: boolean;
  readonly event: Content | null;
  /** `payload`, `function error`, `refused`, `unavailable`, `unreachable`, `timeout`. */
  readonly outcome: string;
  /** The function's payload, or the message of a failure. */
  readonly result: Content | null;
  readonly milliseconds: number;
}

/** How the answer of a backend became the client's; not for the proxies. */
export interface IntegrationResponseStep {
  readonly step: 'integration response';
  readonly selectedBy: 'status' | 'errorMessage';
  /** The text patterns are matched against; empty: nothing to match, the default answers. */
  readonly text: string;
  /** In the order in which they are tried, the default last. */
  readonly candidates: readonly ResponseCandidate[];
  /** Name of the response template; null: the body passes as it is. */
  readonly template: string | null;
  /** Status that a template set in place of the selected response's; null: none. */
  readonly overriddenStatus: number | null;
}

export interface ResponseCandidate {
  readonly statusCode: string;
  /** Null: the default. */
  readonly pattern: string | null;
  /** `not-reached`: one before it was selected. `invalid`: the pattern cannot be compiled. */
  readonly outcome: 'selected' | 'no-match' | 'not-reached' | 'invalid';
}

/** The gateway's own answer. */
export interface GatewayResponseStep {
  readonly step: 'gateway response';
  readonly type: string;
  readonly status: number;
  /** Why, as the error log says it; empty for errors that are the client's own. */
  readonly cause: string;
  /** Type of the definition's gateway response that shaped it; null: built in. */
  readonly customisedBy: string | null;
}
