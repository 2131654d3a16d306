import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { nginxProxy, propylon } from '../variants.js';

const body = Buffer.from(BODY);

export const idle: Scenario = {
  name: 'idle',
  title: '10,000 idle keep-alive connections, each after one request',
  quick: true,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [nginxProxy(), propylon()],
  idleConnections: 10_000,
};
