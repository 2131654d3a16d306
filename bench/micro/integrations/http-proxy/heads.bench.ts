import type { Exchange } from '../../../../src/exchange/exchange.js';
import { ForwardedHeaders } from '../../../../src/integrations/http-proxy/forwarded-headers.js';
import { passedHeaders } from '../../../../src/integrations/http-proxy/passed-headers.js';
import { fresh, Micro } from '../../measure.js';
import { ANSWER_HEADERS, BROWSER_HEADERS, exchange } from '../../samples.js';

const forwarded = new ForwardedHeaders('abc123defg', []);
const bare = Array.from({ length: 10 }, () => exchange('', ''));
const browser = Array.from({ length: 10 }, () => exchange(BROWSER_HEADERS, ''));
const facts = { coding: null };
const answers = fresh(Array(10).fill(ANSWER_HEADERS));

await new Micro('HTTP_PROXY heads')
  .add('request, no header but Host', (call) =>
    forwarded.build(bare[call % 10] as Exchange, 'b:80', false, null),
  )
  .add('request, 14 headers', (call) => forwarded.build(browser[call % 10] as Exchange, 'b:80', false, null))
  .add('answer, 8 headers', (call) => passedHeaders(answers[call % 10] as string, 200, facts))
  .run();
