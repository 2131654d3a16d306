/**
 * The port for HTTPS. uWebSockets.js cannot change the default certificate of an app, and it frees what open connections
 * to a server name still use when that name is removed. So names are only ever added to an app that serves; every other
 * change makes a new app, which listens on the same port (SO_REUSEPORT) before the old one stops listening, and the old
 * one keeps its certificates until its last connection has ended. The price: a connection that the system has set up for
 * the old app but not yet handed over is reset, unless the system moves it (Linux: net.ipv4.tcp_migrate_req), and some
 * 50 KB of the old app stay until the thread ends.
 */
import type { HttpRequest, HttpResponse, us_listen_socket } from 'uWebSockets.js';
import type { CertificateChange, CertificateFiles, ServerName } from './protocol.js';
import { type App, uWS } from './uws.js';

export type RequestHandler = (res: HttpResponse, req: HttpRequest) => void;

/** A name costs a quarter of a millisecond; requests are not to wait for hundreds of them. */
const NAMES_PER_TURN = 8;

export class TlsListener {
  readonly #host: string;
  readonly #port: number;
  readonly #handle: RequestHandler;
  readonly #retired = new Set<TlsApp>();
  #serving: TlsApp | null = null;
  #listening = false;
  #closed = false;

  /** @param port a free one: the system shares no port that it chose itself */
  constructor(host: string, port: number, handle: RequestHandler) {
    this.#host = host;
    this.#port = port;
    this.#handle = handle;
  }

  /**
   * New handshakes get the changed certificates once this resolves. One call at a time; the first, before `listen`, has a
   * default certificate. The files are not needed afterwards.
   * @throws Error when the default certificate cannot be used or the port not be shared; what served before goes on
   */
  async load({ defaultCertificate, names }: CertificateChange): Promise<void> {
    const before = this.#serving;
    const app = defaultCertificate === null ? before : new TlsApp(defaultCertificate, this.#handle);
    if (app === null) throw new Error('there is no default certificate yet');
    for (let at = 0; at < names.length && !this.#closed; at += NAMES_PER_TURN) {
      app.add(names.slice(at, at + NAMES_PER_TURN));
      await nextTurn();
    }
    if (this.#closed || app === before) return;
    if (this.#listening && !app.listen(this.#host, this.#port)) {
      app.retire(() => {});
      throw new Error(`cannot listen on port ${this.#port} once more`);
    }
    this.#serving = app;
    if (before === null) return;
    before.stopListening();
    this.#retired.add(before);
    before.retire(() => this.#retired.delete(before));
  }

  /** False: the port cannot be had. */
  listen(): boolean {
    this.#listening = this.#serving?.listen(this.#host, this.#port) ?? false;
    return this.#listening;
  }

  stopListening(): void {
    this.#listening = false;
    this.#serving?.stopListening();
  }

  /** Ends every connection. */
  close(): void {
    this.#closed = true;
    this.#serving?.close();
    for (const app of this.#retired) app.close();
  }
}

class TlsApp {
  readonly #app: App;
  readonly #handle: RequestHandler;
  #names: string[] = [];
  #socket: us_listen_socket | null = null;
  #connections = 0;
  #onUnused: (() => void) | null = null;

  /** @throws Error when the certificate cannot be used */
  constructor(certificate: CertificateFiles, handle: RequestHandler) {
    this.#app = uWS.SSLApp(optionsOf(certificate));
    this.#handle = handle;
    this.#app.filter((_, change) => this.#count(Number(change)));
    this.#app.any('/*', handle);
  }

  /** Each name has routes of its own, which begin empty. */
  add(names: readonly ServerName[]): void {
    for (const { name, files } of names) {
      this.#app.addServerName(name, optionsOf(files));
      this.#app.domain(name).any('/*', this.#handle);
      this.#names.push(name);
    }
  }

  listen(host: string, port: number): boolean {
    this.#app.listen(host, port, uWS.LIBUS_LISTEN_DEFAULT, (socket) => {
      if (socket !== false) this.#socket = socket;
    });
    return this.#socket !== null;
  }

  stopListening(): void {
    if (this.#socket !== null) uWS.us_listen_socket_close(this.#socket);
    this.#socket = null;
  }

  close(): void {
    this.#app.close();
  }

  /** No connection will come any more: the certificates are freed after the last one, and `onUnused` is called. */
  retire(onUnused: () => void): void {
    this.#onUnused = onUnused;
    this.#freeWhenUnused();
  }

  /** @param change 1 for a connection that was accepted, -1 for one that has closed */
  #count(change: number): void {
    this.#connections += change;
    this.#freeWhenUnused();
  }

  #freeWhenUnused(): void {
    if (this.#connections > 0 || this.#onUnused === null) return;
    const onUnused = this.#onUnused;
    this.#onUnused = null;
    // Called while a connection closes, which still uses what is freed here.
    setImmediate(() => {
      this.#free();
      onUnused();
    });
  }

  /**
   * Wildcards go first: a name that uWebSockets.js did not take, which it does not tell, would be found under its wildcard
   * and free the routes of that one, which would then be freed twice.
   */
  #free(): void {
    const isWildcard = (name: string): boolean => name.startsWith('*');
    for (const name of this.#names.filter(isWildcard)) this.#app.removeServerName(name);
    for (const name of this.#names.filter((name) => !isWildcard(name))) this.#app.removeServerName(name);
    this.#names = [];
    this.#app.close();
  }
}

function optionsOf({ certFile, keyFile }: CertificateFiles): {
  cert_file_name: string;
  key_file_name: string;
} {
  return { cert_file_name: certFile, key_file_name: keyFile };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
