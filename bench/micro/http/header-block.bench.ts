import { forEachHeader, headerValue, headerValues } from '../../../src/http/header-block.js';
import { fresh, Micro } from '../measure.js';
import { BROWSER_HEADERS } from '../samples.js';

const blocks = fresh(Array(10).fill(BROWSER_HEADERS));
const block = (call: number): string => blocks[call % 10] as string;
let length = 0;

await new Micro('header block of 14 fields')
  .add('forEachHeader', (call) =>
    forEachHeader(block(call), (name, value) => (length += name.length + value.length)),
  )
  .add('headerValue, the first field', (call) => headerValue(block(call), 'accept'))
  .add('headerValue, the last field', (call) => headerValue(block(call), 'user-agent'))
  .add('headerValue, absent', (call) => headerValue(block(call), 'content-type'))
  .add('headerValues, absent', (call) => headerValues(block(call), 'x-forwarded-for'))
  .run();
