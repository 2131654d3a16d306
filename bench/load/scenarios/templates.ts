import { templateDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { direct, nginxProxy, propylon } from '../variants.js';

const body = Buffer.from(BODY);

export const templates: Scenario = {
  name: 'templates',
  title: 'GET, as HTTP_PROXY and as HTTP with a request and a response template',
  quick: false,
  requests: only(get(), body),
  backend: { kind: 'reader', body },
  variants: [
    direct,
    nginxProxy(),
    propylon('propylon HTTP_PROXY'),
    propylon('propylon HTTP', ({ upstream }) => templateDefinition(`127.0.0.1:${upstream}`)),
  ],
};
