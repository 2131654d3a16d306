import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisStoreSettings, StoreSettings } from '../../../src/config/settings.js';
import type { ConfigStore } from '../../../src/config/store.js';
import { openStore } from '../../../src/config/stores/open.js';
import type { StorePlace } from './conformance.js';

export function diskPlace(): StorePlace & { directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'propylon-store-'));
  const place = placeOf({ kind: 'disk', directory });
  return {
    ...place,
    directory,
    remove: async () => {
      await place.remove();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

let namespaces = 0;

/** A namespace of its own. */
export function redisPlace(
  settings: Omit<RedisStoreSettings, 'kind' | 'namespace'>,
): StorePlace & { namespace: string } {
  const namespace = `test-${namespaces++}`;
  return { ...placeOf({ kind: 'redis', namespace, ...settings }), namespace };
}

function placeOf(settings: StoreSettings): StorePlace {
  const stores: ConfigStore[] = [];
  return {
    async open(historyLimit) {
      const store = await openStore({ ...settings, ...(historyLimit === undefined ? {} : { historyLimit }) });
      stores.push(store);
      return store;
    },
    async remove() {
      for (const store of stores) await store.close();
    },
  };
}
