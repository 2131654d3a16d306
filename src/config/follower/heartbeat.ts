/** Tells the store what a node serves: regularly, and at once when something changed. */
import { nodeStatusCodec } from '../../proto/codec.js';
import type { NodeStatus } from '../../proto/messages.js';
import type { ConfigStore } from '../store.js';
import type { Clock } from './clock.js';
import { Loop } from './loop.js';

const BEAT_MS = 2_000;
/** Some beats may be lost before a node counts as gone. */
const EXPIRY_MS = 10_000;

export class Heartbeat {
  readonly #store: ConfigStore;
  readonly #clock: Clock;
  readonly #status: () => NodeStatus;
  #cancel: (() => void) | null = null;
  #again = false;
  readonly #telling = new Loop(() => (this.#again && !this.#stopped ? this.#tell() : null));
  #stopped = false;

  /** @param status asked at each beat */
  constructor(store: ConfigStore, clock: Clock, status: () => NodeStatus) {
    this.#store = store;
    this.#clock = clock;
    this.#status = status;
  }

  /** Tells now. A store that does not answer is told the newest status afterwards, not all of them. */
  beat(): void {
    if (this.#stopped) return;
    this.#again = true;
    void this.#telling.wake();
  }

  /** No more beats, and the store forgets the node; at most as long as the store takes for two calls. */
  async leave(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#telling.idle;
    // A store that cannot be reached forgets the node by itself.
    await this.#store.leave(this.#status().nodeId).catch(() => {});
  }

  async #tell(): Promise<void> {
    this.#again = false;
    this.#cancel?.();
    const status = this.#status();
    // The follower tells of an unreachable store; the next beat is the next attempt.
    await this.#store.report(status.nodeId, nodeStatusCodec.encode(status), EXPIRY_MS).catch(() => {});
    if (!this.#stopped) this.#cancel = this.#clock.after(BEAT_MS, () => this.beat());
  }
}
