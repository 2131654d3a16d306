import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { bareProxy, PROXIES } from '../variants.js';

const body = Buffer.from(BODY);

export const small: Scenario = {
  name: 'small',
  title: 'GET with no header but Host, answer of 60 bytes',
  quick: true,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [...PROXIES, bareProxy],
  open: { reference: 'propylon', quick: ['nginx', 'propylon', 'bare proxy'] },
};
