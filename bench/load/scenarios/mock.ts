import { mockDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { bareMailbox, propylon } from '../variants.js';

const body = Buffer.from(BODY);

export const mock: Scenario = {
  name: 'mock',
  title: 'GET answered by a MOCK, beside a bare answer through the same mailbox',
  quick: true,
  requests: only(get(), body),
  backend: { kind: 'file', body },
  variants: [bareMailbox, propylon('propylon', () => mockDefinition(BODY))],
};
