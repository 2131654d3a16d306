import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pushedDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import type { Meanwhile, Place } from '../variant.js';
import { definitionFile, propylon } from '../variants.js';

const body = Buffer.from(BODY);
const PUSH_MS = 1000;
/** After the last push, until it must serve. */
const LIVE_MS = 5000;

const definition = (place: Place, push: number): string =>
  pushedDefinition(`127.0.0.1:${place.upstream}`, push);

/** Writes the definition anew every second; at the end the last one must be what serves. */
function pushing(place: Place): Meanwhile {
  let push = 0;
  const timer = setInterval(() => writeFileSync(definitionFile(place), definition(place, ++push)), PUSH_MS);
  const serving = async (): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${place.port}/_push`);
    return await answer.text();
  };
  return {
    async stop() {
      clearInterval(timer);
      for (const deadline = Date.now() + LIVE_MS; (await serving()) !== String(push); await sleep(50)) {
        if (Date.now() > deadline)
          throw new Error(`push ${push} does not serve ${LIVE_MS} ms after it was made`);
      }
    },
  };
}

export const pushes: Scenario = {
  name: 'pushes',
  title: 'GET while the configuration changes every second, and while it does not',
  quick: false,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [
    propylon('propylon', (place) => definition(place, 0)),
    propylon('propylon, pushes', (place) => definition(place, 0), {
      flags: () => ['--watch'],
      meanwhile: pushing,
    }),
  ],
  open: { reference: 'propylon', quick: [] },
};
