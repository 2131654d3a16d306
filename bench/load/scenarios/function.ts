import { join } from 'node:path';
import { ROOT } from '../../paths.js';
import { functionDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import type { Place } from '../variant.js';
import { definitionFile, propylon, serverlessOffline } from '../variants.js';

const body = Buffer.from(BODY);

/** 64 clients at once are more than the default of 8 calls, and four times as many waiting, would take. */
const config = (place: Place): string => `apis:
  - definition: ${definitionFile(place)}
functions:
  bench: { file: ${join(ROOT, 'bench/peers/function.mjs')}, concurrency: 16 }
`;

export const localFunction: Scenario = {
  name: 'function',
  title: 'GET as a Lambda event to a local function',
  quick: false,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [propylon('propylon', functionDefinition, { config }), serverlessOffline],
};
