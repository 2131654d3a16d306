/**
 * Keeps what TLS clients are shown in step with the files on this machine and with the custom domains of the
 * configuration. A certificate that was loaded stays until a good one takes its place or its domain goes: a half-written
 * file, or one that is missing on this node, costs a line in the error log and nothing else.
 */
import type { CertificateChange } from '../acceptor/protocol.js';
import type { TlsSettings } from '../config/settings.js';
import type { Domain } from '../model/snapshot.js';
import { logError } from '../telemetry/error-log.js';
import { printable } from '../telemetry/printable.js';
import { type Certificate, type CertificateSource, readCertificate } from './certificate.js';
import { withCertificateFiles } from './certificate-files.js';
import { domain as parseDomain } from './setting-values.js';
import { type FileWatch, watchFiles } from './watch.js';

/** Where certificates are used: the acceptors. @throws Error when they are not, or not by all */
export type CertificateLoader = (change: CertificateChange) => Promise<void>;

interface Entry {
  readonly source: CertificateSource;
  readonly watch: FileWatch;
  /** Null: none was good yet. */
  certificate: Certificate | null;
  /** Why the files are not used, empty when they are; what the log was told. */
  problem: string;
}

/** The server name of clients that name none. */
const DEFAULT = '';
/** uWebSockets.js looks no further. */
const MAX_LABELS = 10;

export class Certificates {
  readonly #load: CertificateLoader;
  /** By server name. */
  readonly #entries = new Map<string, Entry>();
  /** Server names and digests the acceptors have; null when that is not certain. */
  #loaded: ReadonlyMap<string, string> | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #closed = false;
  readonly #onHangUp = (): void => this.#reread([...this.#entries.keys()]);

  /**
   * Resolves when the acceptors have the default certificate.
   * @throws Error in one sentence when it cannot be used
   */
  static async start(settings: TlsSettings, load: CertificateLoader): Promise<Certificates> {
    const certificates = new Certificates(load);
    try {
      await certificates.#start({
        certificateFile: settings.certFile,
        privateKeyFile: settings.keyFile,
      });
    } catch (error) {
      await certificates.close();
      throw new Error(`the certificate for TLS cannot be used: ${(error as Error).message}`, {
        cause: error,
      });
    }
    process.on('SIGHUP', certificates.#onHangUp);
    return certificates;
  }

  private constructor(load: CertificateLoader) {
    this.#load = load;
  }

  /** Shows the domains' own certificates from now on, where they have one. Never rejects: trouble is logged. */
  serve(domains: readonly Domain[]): Promise<void> {
    const wanted = new Map<string, CertificateSource>();
    for (const domain of domains) {
      const source = sourceOf(domain);
      if (source !== null && domain.name !== DEFAULT) wanted.set(domain.name, source);
    }
    return this.#enqueue(() => {
      for (const [name, { watch }] of this.#entries) {
        if (name === DEFAULT || wanted.has(name)) continue;
        watch.close();
        this.#entries.delete(name);
      }
      for (const [name, source] of wanted) {
        const known = this.#entries.get(name);
        if (known !== undefined && sameSource(known.source, source)) continue;
        known?.watch.close();
        this.#read(name, this.#follow(name, source, known?.certificate ?? null));
      }
    });
  }

  /** From now on nothing is loaded. Resolves when what was under way has ended, which the end of the acceptors does too. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { watch } of this.#entries.values()) watch.close();
    process.off('SIGHUP', this.#onHangUp);
    await this.#work;
  }

  async #start(source: CertificateSource): Promise<void> {
    const entry = this.#follow(DEFAULT, source, null);
    entry.certificate = readCertificate(source);
    warn(DEFAULT, entry.certificate);
    await this.#publish();
  }

  /** Watches the files before they are read, so that no change falls between. */
  #follow(name: string, source: CertificateSource, certificate: Certificate | null): Entry {
    const watch = watchFiles(filesOf(source), () => this.#reread([name]));
    const entry = { source, watch, certificate, problem: '' };
    this.#entries.set(name, entry);
    return entry;
  }

  #reread(names: Iterable<string>): void {
    void this.#enqueue(() => {
      for (const name of names) {
        const entry = this.#entries.get(name);
        if (entry !== undefined) this.#read(name, entry);
      }
    });
  }

  /** One change at a time, each with what it means for the acceptors. */
  #enqueue(change: () => void): Promise<void> {
    const done = this.#work.then(async () => {
      if (this.#closed) return;
      try {
        change();
        await this.#publish();
      } catch (error) {
        if (!this.#closed) logError(`certificates are not loaded: ${(error as Error).message}`);
      }
    });
    this.#work = done;
    return done;
  }

  #read(name: string, entry: Entry): void {
    const before = entry.certificate;
    try {
      checkName(name);
      const { certificateFile, privateKeyFile } = entry.source;
      if (certificateFile === '' || privateKeyFile === '') {
        throw new Error(
          'the domain names a certificate without a private key, or a key without a certificate',
        );
      }
      const certificate = readCertificate(entry.source);
      entry.problem = '';
      if (certificate.digest === before?.digest) return;
      entry.certificate = certificate;
      warn(name, certificate);
      if (before !== null) {
        logError(`${subject(name)} was replaced; the new one is valid until ${certificate.leaf.validTo}`);
      }
    } catch (error) {
      const problem = (error as Error).message;
      if (problem === entry.problem) return;
      entry.problem = problem;
      const instead = before === null ? 'the domain has none of its own' : 'the one from before stays in use';
      logError(`${subject(name)} is not used: ${problem}; ${instead}`);
    }
  }

  /** @throws Error when the acceptors do not have everything */
  async #publish(): Promise<void> {
    const wanted = new Map<string, Certificate>();
    for (const [name, { certificate }] of this.#entries) {
      if (certificate !== null) wanted.set(name, certificate);
    }
    const loaded = this.#loaded;
    // Names can be added to what serves; everything else means to begin anew.
    const anew = loaded === null || [...loaded].some(([name, digest]) => wanted.get(name)?.digest !== digest);
    const changed = anew ? wanted : new Map([...wanted].filter(([name]) => !loaded.has(name)));
    if (changed.size === 0) return;
    this.#loaded = null;
    await withCertificateFiles(changed.values(), (files) => {
      if (this.#closed) throw new Error('the node stops');
      const defaultCertificate = changed.get(DEFAULT);
      return this.#load({
        defaultCertificate: defaultCertificate === undefined ? null : files(defaultCertificate),
        names: [...changed]
          .filter(([name]) => name !== DEFAULT)
          .map(([name, certificate]) => ({ name, files: files(certificate) })),
      });
    });
    this.#loaded = new Map([...wanted].map(([name, { digest }]) => [name, digest]));
  }
}

/** Null: the domain has no certificate of its own. Half of one becomes a problem when it is read. */
function sourceOf({
  certificateFile,
  privateKeyFile,
  certificateChainFile,
}: Domain): CertificateSource | null {
  if (certificateFile === undefined && privateKeyFile === undefined) return null;
  return {
    certificateFile: certificateFile ?? '',
    privateKeyFile: privateKeyFile ?? '',
    ...(certificateChainFile === undefined ? {} : { certificateChainFile }),
  };
}

function sameSource(a: CertificateSource | undefined, b: CertificateSource): boolean {
  return (
    a?.certificateFile === b.certificateFile &&
    a.privateKeyFile === b.privateKeyFile &&
    a.certificateChainFile === b.certificateChainFile
  );
}

function filesOf({ certificateFile, privateKeyFile, certificateChainFile }: CertificateSource): string[] {
  return [certificateFile, privateKeyFile, certificateChainFile ?? ''].filter((file) => file !== '');
}

/** @throws Error when no client can ask for the name */
function checkName(name: string): void {
  if (name === DEFAULT) return;
  let valid = false;
  try {
    valid = parseDomain(name) === name;
  } catch {
    // Told below.
  }
  if (!valid) throw new Error('the domain is no host name in lower case');
  if (name.split('.').length > MAX_LABELS) throw new Error(`the domain has more than ${MAX_LABELS} labels`);
}

/** A certificate that clients will refuse is served all the same: refusing it here would show them a wrong one. */
function warn(name: string, { leaf }: Certificate): void {
  const now = Date.now();
  if (Date.parse(leaf.validTo) < now) logError(`${subject(name)} expired on ${leaf.validTo}`);
  if (Date.parse(leaf.validFrom) > now) logError(`${subject(name)} is not valid before ${leaf.validFrom}`);
  if (name !== DEFAULT && leaf.checkHost(name.replace(/^\*/, 'any')) === undefined) {
    logError(`${subject(name)} does not name that domain: clients will refuse it`);
  }
}

function subject(name: string): string {
  return name === DEFAULT ? 'the default certificate' : `the certificate of ${printable(name)}`;
}
