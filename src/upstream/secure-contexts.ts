import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsIdentity } from './upstream.js';

/** Parsing authorities takes milliseconds: once for each identity, and only when an https origin needs it. */
export class SecureContexts {
  readonly #ca: readonly string[] | undefined;
  /** By name of the identity; identities come from settings, so they are few. */
  readonly #contexts = new Map<string, SecureContext>();

  /** @param ca authorities to trust in place of Node's own, PEM */
  constructor(ca: readonly string[] | undefined) {
    this.#ca = ca;
  }

  of(identity: TlsIdentity | undefined): SecureContext {
    const name = identity?.name ?? '';
    let context = this.#contexts.get(name);
    if (context === undefined) {
      const ca = identity?.ca ?? (this.#ca === undefined ? undefined : [...this.#ca]);
      context = createSecureContext({ ...(ca === undefined ? {} : { ca }), ...certificateOf(identity) });
      this.#contexts.set(name, context);
    }
    return context;
  }
}

function certificateOf(identity: TlsIdentity | undefined): SecureContextOptions {
  const { cert, key } = identity ?? {};
  return cert === undefined || key === undefined ? {} : { cert, key };
}
