/** AWS credentials for calls of AWS services: looked up when the first call needs them, kept, renewed before they expire. */

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

/** Milliseconds before the expiry from which a renewal is tried beside the calls, which go on with the old ones. */
const RENEW_BEFORE_MS = 300_000;
/** Milliseconds a failed look-up is believed: it may have asked a metadata service for seconds. */
const FAILURE_MS = 10_000;
/** Milliseconds a look-up may take. */
const LOOKUP_MS = 20_000;

export class CredentialSource {
  readonly #load: () => Promise<Credentials>;
  #credentials: Credentials | undefined;
  #lookup: Promise<Credentials> | undefined;
  #failure: Error | undefined;
  #retryAt = 0;

  constructor(load: () => Promise<Credentials>) {
    this.#load = load;
  }

  /**
   * Without waiting: the credentials, why there are none, or undefined when only `get` can tell. Starts a renewal that
   * is due.
   */
  known(): Credentials | Error | undefined {
    const credentials = this.#credentials;
    if (credentials !== undefined) {
      const { expiration } = credentials;
      if (expiration === undefined) return credentials;
      const expiresIn = expiration.getTime() - Date.now();
      // A failed renewal is no failure of this call.
      if (expiresIn < RENEW_BEFORE_MS) this.#lookUp().catch(() => {});
      if (expiresIn > 0) return credentials;
    }
    return this.#failure !== undefined && Date.now() < this.#retryAt ? this.#failure : undefined;
  }

  /** @throws Error when there are none; asked again at once, it fails at once */
  async get(): Promise<Credentials> {
    const known = this.known();
    if (known instanceof Error) throw known;
    return known ?? this.#lookUp();
  }

  /** One look-up at a time, shared by all who ask. */
  #lookUp(): Promise<Credentials> {
    if (this.#failure !== undefined && Date.now() < this.#retryAt) return Promise.reject(this.#failure);
    this.#lookup ??= within(LOOKUP_MS, this.#load())
      .then(
        (credentials) => {
          this.#credentials = credentials;
          this.#failure = undefined;
          return credentials;
        },
        (error: unknown) => {
          this.#failure = error instanceof Error ? error : new Error(String(error));
          this.#retryAt = Date.now() + FAILURE_MS;
          throw this.#failure;
        },
      )
      .finally(() => {
        this.#lookup = undefined;
      });
    return this.#lookup;
  }
}

/** AWS's usual chain: environment, profiles, SSO, web identity, container and instance metadata. */
export async function fromDefaultChain(): Promise<Credentials> {
  // Loaded here because most gateways never need it: it is the heaviest dependency.
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider()();
}

/** The environment alone: nothing is asked over the network. */
export async function fromEnvironment(): Promise<Credentials> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
}

function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${milliseconds / 1000} s`)),
      milliseconds,
    ).unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
