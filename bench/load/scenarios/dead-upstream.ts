import { proxyDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import type { Place } from '../variant.js';
import { addresses, definitionFile, haproxy, nginxProxy, propylon } from '../variants.js';

const TARGETS = 4;
const body = Buffer.from(BODY);

const config = (place: Place): string => `apis:
  - definition: ${definitionFile(place)}
upstreams:
  backend:
    targets: [${addresses(TARGETS, place.upstream)
      .map((address) => `"${address}"`)
      .join(', ')}]
    outlierDetection: { consecutiveFailures: 5, ejectionTime: 30s }
    retry: { attempts: 2, budget: 20%, on: [connect-failure] }
`;

export const deadUpstream: Scenario = {
  name: 'dead-upstream',
  title: 'GET to four targets, one of which is dead',
  quick: false,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [
    nginxProxy(TARGETS),
    haproxy(TARGETS),
    propylon('propylon', () => proxyDefinition('backend'), { config }),
  ],
  open: { reference: 'propylon', quick: [] },
};
