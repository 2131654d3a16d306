import { BODY, get } from '../requests.js';
import type { Scenario } from '../scenario.js';
import { haproxy, nginxProxy, propylon } from '../variants.js';

const body = Buffer.from(BODY);

/** What matters is that the others do not wait: at fixed rates, one request of 200 takes its backend 250 ms. */
export const slowUpstream: Scenario = {
  name: 'slow-upstream',
  title: 'GET, at fixed rates one of 200 to a backend that takes 250 ms',
  quick: false,
  requests: [
    { name: 'quick', request: get(), answer: body, weight: 199 },
    { name: 'slow', request: get('/slow/42'), answer: body, weight: 1 },
  ],
  backend: { kind: 'reader', body },
  variants: [nginxProxy(), haproxy(), propylon()],
  open: { reference: 'propylon', quick: [] },
};
