import { DONE, HeadParser } from '../../../../src/upstream/http1/head-parser.js';
import { Micro } from '../../measure.js';
import { ANSWER_HEADERS } from '../../samples.js';

const small = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n');
const usual = Buffer.from(`HTTP/1.1 200 OK\r\n${ANSWER_HEADERS}\r\n`);
const parser = new HeadParser();

function parse(bytes: Buffer): number {
  parser.begin(0);
  if (parser.parse(bytes, bytes.length) !== DONE) throw new Error(parser.problem);
  return parser.contentLength;
}

await new Micro('response head')
  .add('one header', () => parse(small))
  .add('8 headers', () => parse(usual))
  .add('8 headers, as one string', () => usual.toString('latin1', 17, usual.length - 2))
  .run();
