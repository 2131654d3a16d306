/** `$context` for mappings and templates (reference 03 section 6): what is known when a configuration is applied, and the rest. */
import { now } from '../exchange/clock.js';
import type { Exchange } from '../exchange/exchange.js';
import { logTime } from '../exchange/log-time.js';
import type { StageRuntime } from '../exchange/stage-runtime.js';
import { headerValue } from '../http/header-block.js';
import { wireText } from '../http/wire-text.js';
import type { Method, Resource } from '../model/snapshot.js';
import type { ContextData, ContextSource } from '../templates/scope.js';

/** What a mapping is compiled for. */
export interface MappingContext {
  readonly stage: StageRuntime;
  readonly resource: Resource;
  readonly method: Method;
  /** Names of the resource's path parameters, in the order of `exchange.pathParameters`. */
  readonly pathParameterNames: readonly string[];
}

/** A text known at compile time, or a function of the exchange; undefined values are variables without a value. */
export type ContextVariable = string | ((exchange: Exchange) => string | undefined);

type Compile = (context: MappingContext) => ContextVariable | undefined;

const perRequest =
  (read: (exchange: Exchange) => string | undefined): Compile =>
  () =>
    read;

const VARIABLES: Readonly<Record<string, Compile>> = {
  accountId: ({ stage }) => stage.accountId,
  apiId: ({ stage }) => stage.apiId,
  deploymentId: ({ stage }) => stage.deploymentId,
  domainName: perRequest((exchange) => hostName(exchange.request.host)),
  domainPrefix: perRequest((exchange) => hostName(exchange.request.host).split('.', 1)[0]),
  extendedRequestId: perRequest((exchange) => exchange.extendedRequestId),
  httpMethod: perRequest((exchange) => exchange.method),
  'identity.sourceIp': perRequest((exchange) => exchange.request.sourceIp),
  'identity.userAgent': perRequest((exchange) => {
    const agent = headerValue(exchange.request.headers, 'user-agent');
    return agent === undefined ? undefined : wireText(agent);
  }),
  isCanaryRequest: ({ stage }) =>
    stage.isCanaryRequest === undefined ? undefined : String(stage.isCanaryRequest),
  operationName: ({ method }) => method.operationName,
  path: perRequest((exchange) => exchange.contextPath),
  protocol: () => 'HTTP/1.1',
  requestId: perRequest((exchange) => exchange.requestId),
  requestTime: perRequest((exchange) => logTime(requestEpoch(exchange))),
  requestTimeEpoch: perRequest((exchange) => String(requestEpoch(exchange))),
  resourceId: ({ resource }) => resource.id,
  resourcePath: ({ resource }) => resource.path,
  stage: ({ stage }) => stage.stageName,
};

/**
 * Variables that exist and have no value in a mapping: those of a failed request, and those of features that are not
 * executed (authorizers, API keys, IAM, client certificates, WAF, X-Ray).
 */
const WITHOUT_VALUE = new RegExp(
  `^(?:${[
    'authorizer\\..+',
    'awsEndpointRequestId',
    'customDomain\\.basePathMatched',
    'error\\.(?:message|messageString|responseType|validationErrorString)',
    'identity\\.(?:accessKey|accountId|apiKey|apiKeyId|caller|principalOrgId|user|userArn|vpcId|vpceId)',
    'identity\\.cognito(?:AuthenticationProvider|AuthenticationType|IdentityId|IdentityPoolId)',
    'identity\\.clientCert\\.(?:clientCertPem|subjectDN|issuerDN|serialNumber|validity\\.not(?:Before|After))',
    'wafResponseCode',
    'webaclArn',
    'xrayTraceId',
  ].join('|')})$`,
);

/** True when `$context` has a variable of this name, with or without a value. */
export function isContextVariable(path: string): boolean {
  return Object.hasOwn(VARIABLES, path) || WITHOUT_VALUE.test(path);
}

/** The variable `context.{path}`; undefined when it has no value in any request. */
export function contextVariable(path: string, context: MappingContext): ContextVariable | undefined {
  const { identity } = context.stage;
  const member =
    identity !== undefined && path.startsWith(IDENTITY_PREFIX) ? path.slice(IDENTITY_PREFIX.length) : '';
  if (identity !== undefined && Object.hasOwn(identity, member)) return identity[member];
  return Object.hasOwn(VARIABLES, path) ? VARIABLES[path]?.(context) : undefined;
}

const IDENTITY_PREFIX = 'identity.';

/** What `$context.identity.keySet()` shows (recorded); those without a value print as empty text. */
const IDENTITY = [
  ...['accessKey', 'accountId', 'caller', 'cognitoAuthenticationProvider', 'cognitoAuthenticationType'],
  ...[
    'cognitoIdentityId',
    'cognitoIdentityPoolId',
    'principalOrgId',
    'sourceIp',
    'user',
    'userAgent',
    'userArn',
  ],
];

/** `$context` of one method for templates: the same variables as mappings have, as a tree. */
export class MethodContext {
  /** What `$context.keySet()` shows, the overrides aside. */
  readonly names: readonly string[];
  readonly #members = new Map<string, ContextVariable>();
  readonly #identity: readonly (readonly [name: string, variable: ContextVariable | undefined])[];

  constructor(context: MappingContext) {
    for (const path of Object.keys(VARIABLES)) {
      const variable = path.includes('.') ? undefined : contextVariable(path, context);
      if (variable !== undefined) this.#members.set(path, variable);
    }
    this.names = [...this.#members.keys(), 'identity'];
    const names = [...new Set([...IDENTITY, ...Object.keys(context.stage.identity ?? {})])];
    this.#identity = names.map((name) => [name, contextVariable(`identity.${name}`, context)]);
  }

  of(exchange: Exchange): ContextSource {
    let identity: ContextData;
    return {
      names: () => this.names,
      get: (name) => {
        if (name === 'identity') {
          identity ??= Object.fromEntries(
            this.#identity.map(([key, variable]) => [key, readVariable(variable, exchange) ?? null]),
          );
          return identity;
        }
        const value = readVariable(this.#members.get(name), exchange);
        // The one number of `$context`, with which templates calculate, and the one boolean, which they test.
        if (name === 'requestTimeEpoch') return Number(value);
        return name === 'isCanaryRequest' && value !== undefined ? value === 'true' : value;
      },
    };
  }
}

function readVariable(variable: ContextVariable | undefined, exchange: Exchange): string | undefined {
  return typeof variable === 'function' ? variable(exchange) : variable;
}

/** `Host` without its port. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '');
}

/** Wall-clock milliseconds at which the request arrived; the exchange itself knows only the monotonic clock. */
function requestEpoch(exchange: Exchange): number {
  return Math.round(Date.now() - (now() - exchange.request.arrivedAt));
}
