import { BODY, BROWSER_HEADERS, get, PATH } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { bareProxy, PROXIES } from '../variants.js';

const body = Buffer.from(BODY);

export const browser: Scenario = {
  name: 'browser',
  title: 'GET with 14 headers, as browsers send them',
  quick: true,
  requests: only(get(PATH, BROWSER_HEADERS), body),
  backend: { kind: 'file', body },
  variants: [...PROXIES, bareProxy],
  open: { reference: 'propylon', quick: [] },
};
