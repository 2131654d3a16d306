import type { ConfigEvent } from '../../proto/messages.js';
import type { StoreListener } from '../store.js';

/** The subscribers of a store that announces by itself. */
export class Listeners {
  readonly #all = new Set<StoreListener>();

  get size(): number {
    return this.#all.size;
  }

  add(listener: StoreListener): void {
    this.#all.add(listener);
  }

  delete(listener: StoreListener): void {
    this.#all.delete(listener);
  }

  announce(event: ConfigEvent): void {
    this.tell((listener) => listener.event(event));
  }

  /** In a turn of its own, so that nobody is called in the middle of a commit. */
  tell(message: (listener: StoreListener) => void): void {
    for (const listener of this.#all) {
      queueMicrotask(() => {
        if (this.#all.has(listener)) message(listener);
      });
    }
  }
}
