// Adds one API after another to a disk store and prints each key when it is committed: node pusher.mjs DIRECTORY NAME
import { nextRevision, readRevision } from '../../../dist/config/commit.js';
import { itemsOf } from '../../../dist/config/items.js';
import { ConflictError } from '../../../dist/config/store.js';
import { openStore } from '../../../dist/config/stores/open.js';

const [, , directory, name] = process.argv;
const store = await openStore({ kind: 'disk', directory });
for (let i = 0; ; i++) {
  const id = `${name}x${i}`;
  const added = itemsOf([{ kind: 'api', api: { id, name: id, disableExecuteApiEndpoint: false } }]);
  for (let done = false; !done; ) {
    const base = await readRevision(store, undefined);
    const next = nextRevision(
      base,
      new Map([...(base?.items ?? []), ...added]),
      { by: name, message: '' },
      1,
      undefined,
    );
    try {
      await store.commit({ revision: next.commit });
      done = true;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  console.log(`api/${id}`);
}
