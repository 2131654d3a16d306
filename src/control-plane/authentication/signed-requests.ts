/** Identifies callers by the signature of their requests; without any access key, only this machine is let in. */
import type { ControlPlaneRequest } from '../control-plane.js';
import { ApiError } from '../wire/errors.js';
import type { AccessKeys } from './access-keys.js';
import type { Authenticator, Identity } from './authenticator.js';
import { readSignature, verifySignature } from './sigv4.js';

export interface SignedRequestsOptions {
  keys: AccessKeys;
  region: string;
  /** Milliseconds. */
  now(): number;
}

const ANYBODY_HERE: Identity = { name: 'anonymous', mayWrite: true };

export class SignedRequests implements Authenticator {
  readonly #options: SignedRequestsOptions;

  constructor(options: SignedRequestsOptions) {
    this.#options = options;
  }

  async identify(request: ControlPlaneRequest): Promise<Identity> {
    const { keys, region, now } = this.#options;
    if (!(await keys.any())) {
      if (request.loopback) {
        refuseStrangers(request);
        return ANYBODY_HERE;
      }
      throw new ApiError(
        'AccessDeniedException',
        'The control plane has no access keys and serves only its own machine: make one with propylon admin create-key',
      );
    }
    const signature = readSignature(request);
    const found = await keys.find(signature.accessKeyId);
    if (found === undefined) {
      throw new ApiError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    }
    verifySignature(request, signature, found.secret, region, now());
    const { id, name, readOnly } = found.key;
    return { name: name === undefined ? id : `${id} (${name})`, mayWrite: !readOnly };
  }
}

/** `localhost`, `127.0.0.1:8081`, `[::1]:8081`. */
const LOCAL_HOST = /^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i;

/** What browsers and proxies add to requests, and tools do not. */
const OF_STRANGERS = ['origin', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'via'];

/**
 * A page in a browser on this machine reaches its ports, too, and so does whoever comes through a proxy on it. What these
 * add to requests, and names of hosts that only DNS leads here, tell them from tools.
 */
function refuseStrangers({ headers }: ControlPlaneRequest): void {
  const isStranger = OF_STRANGERS.some((name) => headers[name] !== undefined);
  if (isStranger || !LOCAL_HOST.test(headers.host ?? '')) {
    throw new ApiError(
      'AccessDeniedException',
      'Without access keys only tools on this machine are served, at localhost: make a key with propylon admin create-key',
    );
  }
}
