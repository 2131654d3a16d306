import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { haproxy, nginxProxy, propylon } from '../variants.js';

const body = Buffer.from(BODY);

export const tls: Scenario = {
  name: 'tls',
  title: 'GET with TLS in front',
  quick: false,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [nginxProxy(), haproxy(), propylon()],
  secure: true,
};
