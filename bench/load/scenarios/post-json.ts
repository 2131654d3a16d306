import { BODY, post } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { PROXIES } from '../variants.js';

const order = {
  customer: 4711,
  items: [{ sku: 'A-1', count: 2 }],
  address: { city: 'Lisbon', zip: '1100-148' },
};
const body = Buffer.from(BODY);

export const postJson: Scenario = {
  name: 'post-json',
  title: 'POST of a small JSON document, answer of 60 bytes',
  quick: false,
  requests: only(post(Buffer.from(JSON.stringify(order)), '/orders'), body),
  backend: { kind: 'reader', body },
  variants: PROXIES,
  open: { reference: 'propylon', quick: [] },
};
