import { setTimeout as sleep } from 'node:timers/promises';
import { itemsOfDocument } from '../../cluster/configuration.js';
import { NAMESPACE, Pusher, redisUrl } from '../../cluster/pusher.js';
import { REDIS_VERSION, startRedis } from '../../cluster/redis.js';
import { pushedDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import type { Beside, Meanwhile, Place, Variant } from '../variant.js';
import { propylon } from '../variants.js';

const body = Buffer.from(BODY);
const PUSH_MS = 1000;
/** After the last push, until it must serve. */
const LIVE_MS = 5000;

const redisPort = ({ spare }: Place): number => spare[1] ?? 0;

async function push(pusher: Pusher, place: Place, number: number): Promise<void> {
  const text = pushedDefinition(`127.0.0.1:${place.upstream}`, number);
  await pusher.push(itemsOfDocument(text, { stage: 'prod' }));
}

/** A Redis that holds the definition. */
async function redis(place: Place): Promise<Beside> {
  const server = await startRedis(redisPort(place), place.folder);
  const pusher = await Pusher.open(redisPort(place));
  await push(pusher, place, 0);
  await pusher.close();
  return server;
}

/** Pushes every second; at the end the last push must be what serves. */
function pushing(place: Place): Meanwhile {
  const stopped = new AbortController();
  const serving = async (): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${place.port}/_push`);
    return await answer.text();
  };
  const run = async (): Promise<void> => {
    const pusher = await Pusher.open(redisPort(place));
    try {
      let number = 0;
      while (!stopped.signal.aborted) {
        // The next phase of load goes on from where this one ends.
        number = pusher.revision;
        await push(pusher, place, number);
        await sleep(PUSH_MS, undefined, { signal: stopped.signal }).catch(() => {});
      }
      for (const deadline = Date.now() + LIVE_MS; (await serving()) !== String(number); await sleep(50)) {
        if (Date.now() > deadline)
          throw new Error(`push ${number} does not serve ${LIVE_MS} ms after it was made`);
      }
    } finally {
      await pusher.close();
    }
  };
  const running = run();
  // Told by `stop`.
  running.catch(() => {});
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

function following(name: string, meanwhile?: (place: Place) => Meanwhile): Variant {
  const flags = (place: Place): string[] => [
    ...['--redis', redisUrl(redisPort(place)), '--namespace', NAMESPACE],
    ...['--data-dir', `${place.folder}/node`],
  ];
  return {
    ...propylon(name, null, { flags, ...(meanwhile === undefined ? {} : { meanwhile }) }),
    version: () => (REDIS_VERSION === undefined ? undefined : ''),
    missing: 'redis-server is not installed',
    beside: redis,
  };
}

export const pushes: Scenario = {
  name: 'pushes',
  title: 'GET from a node of a cluster while its configuration changes every second, and while it does not',
  quick: false,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [following('propylon'), following('propylon, pushes', pushing)],
  open: { reference: 'propylon', quick: [] },
};
