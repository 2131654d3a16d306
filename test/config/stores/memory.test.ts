import { openStore } from '../../../src/config/stores/open.js';
import { describeStore } from './conformance.js';

describeStore('memory', async () => {
  const stores = new Map<number | undefined, ReturnType<typeof openStore>>();
  return {
    open: (historyLimit) => {
      const settings = historyLimit === undefined ? {} : { historyLimit };
      const store = stores.get(historyLimit) ?? openStore({ kind: 'memory', ...settings });
      stores.set(historyLimit, store);
      return store;
    },
    remove: async () => {
      for (const store of stores.values()) await (await store).close();
    },
  };
});
