import { manyRoutesDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { propylon } from '../variants.js';

const body = Buffer.from(BODY);
const routes = (count: number) =>
  propylon(`propylon, ${count} routes`, ({ upstream }) =>
    manyRoutesDefinition(`127.0.0.1:${upstream}`, count),
  );

export const manyRoutes: Scenario = {
  name: 'many-routes',
  title: 'GET of one route among 10,000, and among 10',
  quick: false,
  requests: only(get('/service1/v1/users/1234/orders/98765'), body),
  backend: { kind: 'file', body },
  variants: [routes(10), routes(10_000)],
};
