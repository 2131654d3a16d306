/** Calls of AWS services: where they go, and what is added to a request so that the service takes it. */
import { forEachHeader, type HeaderBlock, headerLine } from '../http/header-block.js';
import { CredentialSource, type Credentials, fromDefaultChain, fromEnvironment } from './credentials.js';
import {
  type AwsEndpointSettings,
  type ServiceAddress,
  type ServiceEndpoint,
  serviceEndpoint,
} from './endpoints.js';
import { createSigner, type Signer } from './signer.js';

export interface UnsignedRequest {
  method: string;
  /** Percent-encoded as `canonical.ts` does it, base path included. */
  path: string;
  /** Decoded names and values, in order. */
  query: readonly (readonly [name: string, value: string])[];
  /** All headers that are sent, `Host` included; without those that `isSigningHeader` names. */
  headers: HeaderBlock;
  body: Uint8Array;
}

/** Headers that are the signature's own: what a request has of them must not be sent beside it. */
export function isSigningHeader(lowerName: string): boolean {
  return lowerName === 'authorization' || lowerName === 'x-amz-date' || lowerName === 'x-amz-security-token';
}

export class AwsAccess {
  readonly #settings: AwsEndpointSettings;
  readonly #chain: CredentialSource;
  /** An emulator on this machine needs no cloud identity, and no metadata service is asked for one. */
  readonly #environment: CredentialSource;
  readonly #signers = new Map<string, Promise<Signer>>();

  /** @param load where credentials come from; by default the AWS chain, or the environment for a loopback endpoint */
  constructor(settings: AwsEndpointSettings, load?: () => Promise<Credentials>) {
    this.#settings = settings;
    this.#chain = new CredentialSource(load ?? fromDefaultChain);
    this.#environment = load === undefined ? new CredentialSource(fromEnvironment) : this.#chain;
  }

  /** @throws Error when the endpoint configured for the service is no URL */
  endpoint(address: ServiceAddress): ServiceEndpoint {
    return serviceEndpoint(this.#settings, address);
  }

  /**
   * The header lines to add. None for an endpoint that is not AWS's own when there are no credentials.
   * @throws Error when AWS is called and there are none
   */
  async sign(endpoint: ServiceEndpoint, request: UnsignedRequest): Promise<HeaderBlock> {
    let credentials: Credentials;
    try {
      credentials = await (endpoint.loopback ? this.#environment : this.#chain).get();
    } catch (error) {
      if (endpoint.custom) return '';
      throw new Error(noCredentials(endpoint, error), { cause: error });
    }
    const sign = await this.#signer(endpoint);
    const headers = headersOf(request.headers);
    const signed = await sign(
      {
        method: request.method,
        protocol: `${endpoint.scheme}:`,
        hostname: endpoint.authority,
        path: request.path,
        query: queryOf(request.query),
        headers,
        body: request.body,
      },
      credentials,
    );
    let added = '';
    for (const name of Object.keys(signed)) {
      if (!Object.hasOwn(headers, name)) added += headerLine(name, signed[name] ?? '') ?? '';
    }
    return added;
  }

  #signer({ signingName, signingRegion }: ServiceEndpoint): Promise<Signer> {
    const scope = `${signingRegion}/${signingName}`;
    let signer = this.#signers.get(scope);
    if (signer === undefined) {
      signer = createSigner(signingRegion, signingName);
      this.#signers.set(scope, signer);
    }
    return signer;
  }
}

/** As they are signed: names in lower case, the values of one name joined, the wire's UTF-8 bytes as text. */
function headersOf(block: HeaderBlock): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  forEachHeader(block, (name, value) => {
    const lowerName = name.toLowerCase();
    const text = Buffer.from(value, 'latin1').toString('utf8');
    const before = headers[lowerName];
    headers[lowerName] = before === undefined ? text : `${before},${text}`;
  });
  return headers;
}

function queryOf(pairs: UnsignedRequest['query']): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

function noCredentials({ signingName, signingRegion }: ServiceEndpoint, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return (
    `there are no AWS credentials to call ${signingName} in ${signingRegion} (${why}). Provide AWS credentials, or pass ` +
    '--aws-endpoint-url URL to call another endpoint'
  );
}
