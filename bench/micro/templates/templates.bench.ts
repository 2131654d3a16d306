/** Rendering, from a body's text to the rendered text, beside velocityjs. */
import { TemplateScopes } from '../../../src/integrations/custom/template-scope.js';
import { compileTemplate } from '../../../src/templates/template.js';
import { Micro } from '../measure.js';
import { context, exchange } from '../samples.js';
import { FLAT_BODY, FLAT_TEMPLATE, ORDERS_TEMPLATE, orders, velocityjs, velocityjsAnew } from './samples.js';

const scopes = new TemplateScopes(context('HTTP'));

function propylon(template: string, body: string): () => string {
  const compiled = compileTemplate(template);
  const bytes = Buffer.from(body);
  const one = exchange('', '');
  one.resourceTemplate = '/{proxy+}';
  return () => {
    // As for a request of its own: the scope is made anew, the body is parsed anew.
    one.templateScope = null;
    return compiled.render(scopes.open(one, bytes));
  };
}

/** @throws Error when the two engines do not render the same document */
async function compare(title: string, template: string, body: string, calls?: number): Promise<void> {
  const [ours, theirs] = [propylon(template, body), velocityjs(template, body)];
  const [rendered, other] = [ours(), theirs()].map((text) => JSON.stringify(JSON.parse(text)));
  if (rendered !== other) throw new Error(`${title}: ${rendered} is not ${other}`);
  await new Micro(title, calls)
    .add('propylon', ours)
    .add('velocityjs', theirs)
    .add('velocityjs, parsing included', velocityjsAnew(template, body))
    .run();
}

await compare('two-level #foreach, 5 elements', ORDERS_TEMPLATE, orders(5), 200);
await compare('two-level #foreach, 500 elements', ORDERS_TEMPLATE, orders(500), 3);
await compare('flat object', FLAT_TEMPLATE, FLAT_BODY);
