import type { StoreSettings } from '../settings.js';
import { type ConfigStore, DEFAULT_HISTORY } from '../store.js';
import { DiskStore } from './disk-store.js';
import { MemoryStore } from './memory-store.js';
import { RedisStore } from './redis-store.js';

/**
 * A Redis that cannot be reached is no error here: the store keeps trying, and its calls say so. Where a Redis is, as a
 * URL: see redis-url.ts.
 * @throws Error when the settings cannot work; one sentence without secrets
 */
export async function openStore(settings: StoreSettings): Promise<ConfigStore> {
  const { historyLimit = DEFAULT_HISTORY } = settings;
  if (!Number.isSafeInteger(historyLimit) || historyLimit < 1) {
    throw new RangeError(`a history of ${historyLimit} revisions cannot be kept: at least the newest one is`);
  }
  switch (settings.kind) {
    case 'memory':
      return new MemoryStore(settings.historyLimit);
    case 'disk':
      return DiskStore.open(settings);
    case 'redis': {
      const store = new RedisStore(settings);
      await store.start();
      return store;
    }
  }
}
