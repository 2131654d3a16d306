import { EventBuilder } from '../../../../src/integrations/lambda-proxy/event.js';
import { Micro } from '../../measure.js';
import { BROWSER_HEADERS, context, exchange } from '../../samples.js';

const builder = new EventBuilder(context('AWS_PROXY'));
const body = Buffer.from(
  JSON.stringify({ items: Array.from({ length: 20 }, (_, id) => ({ id, name: `item ${id}` })) }),
);
const bare = exchange('accept: */*\r\n', '');
const browser = exchange(BROWSER_HEADERS, '');
const query = exchange(BROWSER_HEADERS, 'page=3&sort=price&tag=a&tag=b');

await new Micro('Lambda proxy event')
  .add('one header', () => builder.build(bare, null).json)
  .add('14 headers', () => builder.build(browser, null).json)
  .add('14 headers, 4 query parameters', () => builder.build(query, null).json)
  .add(
    `14 headers, 4 query parameters, JSON body of ${body.length} bytes`,
    () => builder.build(query, body).json,
  )
  .run();
