/** What stands between the clients and the backend: one tree of processes, the same job for all of a scenario. */
import type { Child } from './processes.js';

export interface Variant {
  readonly name: string;
  /** Peers written in JavaScript: what Propylon's users would run otherwise. */
  readonly isNodePeer: boolean;
  /** Only with `--full`. */
  readonly fullOnly: boolean;
  /** Undefined when it is not there; then `missing` says why. Empty for what has no version of its own. */
  version(): string | undefined;
  readonly missing: string;
  /** Null: nothing in between. */
  readonly start: ((place: Place) => Child) | null;
  /** What it needs: started before it and ended after it. What that costs is not the variant's cost. */
  readonly beside?: (place: Place) => Promise<Beside>;
  /** Something that goes on beside the load, from its beginning to the end of `stop`. */
  readonly meanwhile?: (place: Place) => Meanwhile;
}

export interface Beside {
  end(): Promise<void>;
}

export interface Meanwhile {
  /** @throws Error when what went on did not work */
  stop(): Promise<void>;
}

export interface Place {
  /** Where clients connect. */
  port: number;
  /** Where the backend listens. */
  upstream: number;
  /** More ports, for those who need them. */
  spare: readonly number[];
  /** Files of this run; gone afterwards. */
  folder: string;
  /** The body of the backend's answers. */
  body: Buffer;
  /** With TLS before the variant. */
  certificate: Certificate | undefined;
}

/** PEM files; `both` holds key and certificate in one. */
export interface Certificate {
  cert: string;
  key: string;
  both: string;
}
