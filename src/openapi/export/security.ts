/** Authorizers, API keys and IAM as security schemes, and what operations demand of them (reference 08 section 2.2). */
import type { Authorizer, Method } from '../../model/snapshot.js';
import { PREFIX } from '../extensions.js';
import type { MapNode, Node } from '../source-tree.js';
import { list, map, nonEmpty, object, optionalText, plain, text, textList } from './nodes.js';
import { type ExportTarget, includes } from './target.js';

const HEADER_SOURCE = 'method.request.header.';
const SINGLE_HEADER = /^method\.request\.header\.([^\s,]+)$/;

export class SecuritySchemes {
  private readonly apiKey: string;
  private readonly iam: string;
  private usesApiKey = false;
  private usesIam = false;

  constructor(
    private readonly authorizers: readonly Authorizer[],
    private readonly target: ExportTarget,
  ) {
    const taken = new Set(authorizers.map(({ name }) => name));
    this.apiKey = freeName('api_key', taken);
    this.iam = freeName('sigv4', taken);
  }

  /** `security` of an operation; undefined for one that is open to everybody. */
  demandedBy(method: Method): Node | undefined {
    const demands: Node[] = [];
    if (method.authorizationType === 'AWS_IAM') {
      this.usesIam = true;
      demands.push(demand(this.iam));
    } else if (method.authorizationType !== 'NONE') {
      // Without a name nothing is declared under it, and an import refuses the method instead of opening it.
      demands.push(demand(method.authorizerName ?? '', method.authorizationScopes));
    }
    if (method.apiKeyRequired) {
      this.usesApiKey = true;
      demands.push(demand(this.apiKey));
    }
    return demands.length === 0 ? undefined : list(demands);
  }

  /** Every authorizer, and what the operations asked for before demand. */
  declared(): MapNode | undefined {
    const schemes = this.authorizers.map(
      (authorizer) => [authorizer.name, this.authorizerScheme(authorizer)] as const,
    );
    return nonEmpty(
      map([
        ...schemes,
        [this.apiKey, this.usesApiKey ? object(header('x-api-key')) : undefined],
        [this.iam, this.usesIam ? this.iamScheme() : undefined],
      ]),
    );
  }

  private iamScheme(): Node {
    const extended = includes(this.target, 'authorizers');
    return object({
      ...header('Authorization'),
      [`${PREFIX}authtype`]: extended ? text('awsSigv4') : undefined,
    });
  }

  private authorizerScheme(authorizer: Authorizer): Node {
    const { authorizerResultTtlInSeconds: ttl, type, identitySource } = authorizer;
    const scheme = header(headerName(authorizer));
    if (!includes(this.target, 'authorizers')) return object(scheme);
    return object({
      ...scheme,
      [`${PREFIX}authtype`]: optionalText(authorizer.authType),
      [`${PREFIX}authorizer`]: object({
        type: text(type.toLowerCase()),
        providerARNs: textList(authorizer.providerArns),
        authorizerUri: optionalText(authorizer.authorizerUri),
        authorizerCredentials: optionalText(authorizer.authorizerCredentials),
        identitySource: type === 'REQUEST' ? optionalText(identitySource) : undefined,
        identityValidationExpression: optionalText(authorizer.identityValidationExpression),
        authorizerResultTtlInSeconds: ttl === undefined ? undefined : plain(ttl),
      }),
    });
  }
}

function header(name: string): Record<string, Node> {
  return { type: text('apiKey'), name: text(name), in: text('header') };
}

/** Token and Cognito authorizers read this header; for request authorizers it says nothing. */
function headerName({ type, identitySource }: Authorizer): string {
  if (type === 'REQUEST') return SINGLE_HEADER.exec(identitySource ?? '')?.[1] ?? 'Unused';
  return identitySource?.startsWith(HEADER_SOURCE)
    ? identitySource.slice(HEADER_SOURCE.length)
    : 'Authorization';
}

function demand(scheme: string, scopes: readonly string[] = []): Node {
  return map([[scheme, list(scopes.map(text))]]);
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 1; taken.has(free); number++) free = `${name}-${number}`;
  return free;
}
