/** The connections to one origin: how many, who gets one, who waits. */
import { performance } from 'node:perf_hooks';
import { describe, originFault } from '../origin.js';
import { type Origin, UpstreamError } from '../upstream.js';
import type { Http1Call } from './call.js';
import type { Http1Client } from './client.js';
import { Http1Connection } from './connection.js';
import { KnownHead } from './known-head.js';
import { WaitingList } from './waiting-list.js';

export class OriginPool {
  readonly client: Http1Client;
  readonly origin: Origin;
  /** Why no connection can ever be opened; null when nothing speaks against it. */
  readonly fault: UpstreamError | null;
  /** The newest TLS session, to resume with, and when the certificate it was made with expires (`Date.now()`). */
  session: Buffer | null = null;
  sessionEnd = 0;
  /** Of whichever connection answered last. */
  readonly knownHead = new KnownHead();
  /** Dropped by the client for want of use: the origin's next request asks the client for the current pool. */
  retired = false;

  /** Last in, first out: under little load a few connections carry everything and the others run out. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting = new WaitingList();
  /** Connections being opened, in use and idle. */
  #open = 0;

  constructor(client: Http1Client, origin: Origin) {
    this.client = client;
    this.origin = origin;
    this.fault = originFault(origin);
  }

  get pending(): number {
    return this.#waiting.size;
  }

  get unused(): boolean {
    return this.#open === 0 && this.#waiting.size === 0;
  }

  /** Null when there is none, or none whose certificate would still be accepted. */
  usableSession(): Buffer | null {
    return Date.now() < this.sessionEnd ? this.session : null;
  }

  /** Finds a connection for a new call, or a place to wait. */
  assign(call: Http1Call): void {
    if (this.#choose(call)) return;
    if (this.#open < this.client.settings.connections) this.#openFor(call);
    else if (this.#waiting.size < this.client.settings.maxPending) this.#waiting.append(call);
    else {
      const { host, port } = this.origin;
      const message = `${this.#waiting.size} requests wait for a connection to ${host}:${port} already.`;
      call.reportErrorLater(new UpstreamError('overload', message));
    }
  }

  /** A connection has nothing to do. */
  release(connection: Http1Connection): void {
    const client = this.client;
    const next = this.#waiting.shift();
    if (next === null && client.closing) {
      connection.destroy();
      return;
    }
    client.markReleased(connection);
    if (next !== null) this.#hand(connection, next);
    else {
      // Only a peer's own limit needs the exact time; ours is counted from the next sweep on, which saves the clock.
      connection.idleSince = connection.limitedByPeer ? performance.now() : -1;
      this.#idle.push(connection);
    }
  }

  /**
   * A connection is gone.
   * @param successor a call to be given another one before anybody else: it had this one's place
   */
  removed(connection: Http1Connection, successor: Http1Call | null): void {
    this.#open--;
    if (connection.call === null) {
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
    }
    if (successor !== null) {
      // What is sent again goes to a new connection: the other idle ones may have been closed by the same hand.
      if (successor.retried || !this.#choose(successor)) this.#openFor(successor);
    }
    while (this.#open < this.client.settings.connections) {
      const next = this.#waiting.shift();
      if (next === null) return;
      this.#openFor(next);
    }
  }

  /** The call gives up what it holds: its place in the list, or its connection. */
  abandon(call: Http1Call): void {
    this.#waiting.remove(call);
    const connection = call.connection;
    if (connection === null) return;
    call.connection = null;
    connection.call = null;
    // Chosen but not written to: nothing happened to it.
    if (connection.unspoiled) this.release(connection);
    else connection.destroy();
  }

  /** Closes what has been idle for too long. `now` is monotonic milliseconds. */
  sweep(now: number): void {
    for (const connection of [...this.#idle]) {
      if (connection.idleSince < 0) connection.idleSince = now;
      else if (now - connection.idleSince >= connection.idleLimitMs) connection.destroy();
    }
  }

  closeIdle(): void {
    for (const connection of [...this.#idle]) connection.destroy();
  }

  #choose(call: Http1Call): boolean {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return false;
      const { idleSince, idleLimitMs } = connection;
      if (idleSince < 0 || performance.now() - idleSince < idleLimitMs) {
        this.#hand(connection, call);
        return true;
      }
      connection.destroy();
    }
  }

  #hand(connection: Http1Connection, call: Http1Call): void {
    connection.call = call;
    call.connection = connection;
    this.client.enqueue(connection);
  }

  #openFor(call: Http1Call): void {
    this.#open++;
    try {
      call.connection = new Http1Connection(this, call);
    } catch (error) {
      this.#open--;
      const { host, port } = this.origin;
      const message = `${host}:${port} cannot be connected to: ${describe(error)}.`;
      call.reportErrorLater(new UpstreamError('address', message, { cause: error }));
    }
  }
}
