/** A CORS preflight, answered by a MOCK: from the exchange to its answer, beside what velocityjs does of it. */
import { compileMock } from '../../../../src/integrations/custom/mock.js';
import { Micro } from '../../measure.js';
import { context, freshExchange } from '../../samples.js';
import { velocityjs, velocityjsAnew } from '../../templates/samples.js';

const REQUEST_TEMPLATE = '{"statusCode": 200}';
const RENDERED_TEMPLATE = '#set($code = 200){"statusCode": $code}';

const headers = {
  'method.response.header.Access-Control-Allow-Origin': "'*'",
  'method.response.header.Access-Control-Allow-Methods': "'GET,POST,OPTIONS'",
  'method.response.header.Access-Control-Allow-Headers': "'Content-Type,Authorization,X-Api-Key'",
};

const mock = (template: string) =>
  compileMock(
    context('MOCK', {
      requestTemplates: { 'application/json': template },
      responses: [{ statusCode: '200', responseParameters: headers, responseTemplates: {} }],
    }),
  );
const [literal, rendered] = [mock(REQUEST_TEMPLATE), mock(RENDERED_TEMPLATE)];
const theirs = velocityjs(REQUEST_TEMPLATE, '');
const anew = velocityjsAnew(REQUEST_TEMPLATE, '');

for (const integration of [literal, rendered]) {
  const checked = freshExchange();
  integration.invoke(checked);
  if (checked.status !== 200) throw new Error(`the MOCK answered ${checked.status}`);
}

await new Micro('MOCK, CORS answer')
  .add('propylon, from exchange to answer', () => literal.invoke(freshExchange()))
  .add('propylon, with a template that needs rendering', () => rendered.invoke(freshExchange()))
  .add('velocityjs, only the request template and its JSON', () => JSON.parse(theirs()))
  .add('velocityjs, the same with parsing', () => JSON.parse(anew()))
  .run();
