import { functionDefinition } from '../definitions.js';
import { BODY, get } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { propylon } from '../variants.js';

const body = Buffer.from(BODY);

/** The backend is both: an HTTP server, and a Lambda endpoint whose functions answer at once. */
export const lambda: Scenario = {
  name: 'lambda',
  title: 'GET as a Lambda event to an endpoint (AWS_PROXY), beside HTTP_PROXY to the same server',
  quick: true,
  requests: only(get(), body),
  backend: { kind: 'reader', body },
  variants: [
    propylon('propylon HTTP_PROXY'),
    propylon('propylon AWS_PROXY', functionDefinition, {
      flags: ({ upstream }) => ['--lambda-endpoint', `http://127.0.0.1:${upstream}`],
    }),
  ],
  open: { reference: 'propylon AWS_PROXY', quick: [] },
};
