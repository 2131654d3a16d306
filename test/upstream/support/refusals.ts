/** Responses that must be refused, each for one reason. */
import { response } from './raw-server.js';

export const OK = 'HTTP/1.1 200 OK\r\n';

/** A response that must not be believed, and what undici does with it when that is something else. */
export interface Refusal {
  what: string;
  bytes: string;
  undici?: { reason: string; kind?: string; body?: string };
}

export const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const HUGE = 'a'.repeat(70_000);

export const REFUSALS: Refusal[] = [
  {
    what: 'both Content-Length and Transfer-Encoding',
    bytes: `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    undici: { reason: 'it reports a length mismatch instead', kind: 'network' },
  },
  {
    what: 'Transfer-Encoding before Content-Length',
    bytes: `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  },
  {
    what: 'two different Content-Lengths',
    bytes: `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!`,
    undici: { reason: 'it reports a length mismatch instead', kind: 'network' },
  },
  {
    what: 'a list in Content-Length',
    bytes: `${OK}Content-Length: 2, 2\r\n\r\nhi`,
    undici: { reason: 'it reports a length mismatch instead', kind: 'network' },
  },
  { what: 'a sign in Content-Length', bytes: `${OK}Content-Length: +2\r\n\r\nhi` },
  { what: 'a negative Content-Length', bytes: `${OK}Content-Length: -2\r\n\r\nhi` },
  { what: 'a hex Content-Length', bytes: `${OK}Content-Length: 0x2\r\n\r\nhi` },
  { what: 'an empty Content-Length', bytes: `${OK}Content-Length: \r\n\r\nhi` },
  {
    what: 'a fraction in Content-Length',
    bytes: `${OK}Content-Length: 2.0\r\n\r\nhi`,
    undici: { reason: 'it reports a length mismatch instead', kind: 'network' },
  },
  {
    what: 'a Content-Length beyond all measure',
    bytes: `${OK}Content-Length: 99999999999999999999\r\n\r\nhi`,
    undici: { reason: 'it reports a length mismatch instead', kind: 'network' },
  },
  {
    what: 'Transfer-Encoding: xchunked',
    bytes: `${OK}Transfer-Encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  },
  {
    what: 'Transfer-Encoding: gzip, chunked',
    bytes: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  },
  {
    what: 'Transfer-Encoding: chunked, identity',
    bytes: `${OK}Transfer-Encoding: chunked, identity\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  },
  {
    what: 'Transfer-Encoding twice',
    bytes: `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  },
  { what: 'an empty Transfer-Encoding', bytes: `${OK}Transfer-Encoding:\r\n\r\n2\r\nhi\r\n0\r\n\r\n` },
  {
    what: 'Transfer-Encoding in HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    undici: { reason: 'its parser does not mind', body: 'hi' },
  },
  { what: 'a folded header line', bytes: response('hi', 'X: a\r\n b\r\n') },
  { what: 'a folded first header line', bytes: response('hi', ' X: a\r\n') },
  { what: 'a bare LF after a header', bytes: `${OK}X: a\nContent-Length: 2\r\n\r\nhi` },
  { what: 'a bare LF after the status line', bytes: 'HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nhi' },
  {
    what: 'a bare LF at the end of the head',
    bytes: `${OK}Content-Length: 2\r\n\nhi`,
    undici: { reason: 'it reports a length mismatch instead', kind: 'network' },
  },
  { what: 'a bare CR in a header', bytes: response('hi', 'X: a\rb\r\n') },
  { what: 'a bare CR after a header', bytes: `${OK}X: a\rContent-Length: 2\r\n\r\nhi` },
  {
    what: 'a bare CR at the end of the head',
    bytes: `${OK}Content-Length: 2\r\n\rhi`,
    undici: { reason: 'it reports a length mismatch instead', kind: 'network' },
  },
  { what: 'NUL in a header', bytes: response('hi', 'X: a\0b\r\n') },
  { what: 'a control character in a header', bytes: response('hi', 'X: a\x01b\r\n') },
  {
    what: 'NUL in the reason phrase',
    bytes: 'HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nhi',
    undici: { reason: 'its parser does not look at the reason phrase', body: 'hi' },
  },
  { what: 'a space before the colon', bytes: response('hi', 'X : a\r\n') },
  { what: 'a space before the colon of Content-Length', bytes: `${OK}Content-Length : 2\r\n\r\nhi` },
  { what: 'a header without a colon', bytes: response('hi', 'X\r\n') },
  { what: 'a header without a name', bytes: response('hi', ': a\r\n') },
  { what: 'a character no header name has', bytes: response('hi', 'X(y): a\r\n') },
  { what: 'a head beyond the limit', bytes: response('hi', `X: ${HUGE}\r\n`) },
  {
    what: 'a head of endless small headers',
    bytes: response('hi', 'X: aaaaaaaa\r\n'.repeat(6_000)),
    undici: { reason: 'it counts names and values only', body: 'hi' },
  },
  {
    what: 'another version',
    bytes: 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    undici: { reason: 'its parser takes 2.0 and 0.9 for versions of the same', body: 'hi' },
  },
  {
    what: 'HTTP/0.9',
    bytes: 'HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    undici: { reason: 'its parser takes 2.0 and 0.9 for versions of the same', body: 'hi' },
  },
  { what: 'another protocol', bytes: 'SSH-2.0-OpenSSH_9.2\r\n' },
  { what: 'a status of two digits', bytes: 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nhi' },
  { what: 'a status of four digits', bytes: 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nhi' },
  {
    what: 'a status below 100',
    bytes: 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nhi',
    undici: { reason: 'it trips over an assertion of its own', kind: 'network' },
  },
  { what: 'a status that is no number', bytes: 'HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\nhi' },
  { what: 'two spaces before the status', bytes: 'HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nhi' },
  {
    what: 'a line break before the status line',
    bytes: `\r\n${response('hi')}`,
    undici: { reason: 'its parser skips line breaks there', body: 'hi' },
  },
  {
    what: '101 nobody asked for',
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  },
  {
    what: '101 without Upgrade',
    bytes: `HTTP/1.1 101 Switching Protocols\r\n\r\n${response('hi')}`,
    undici: { reason: 'it trips over an assertion of its own', kind: 'network' },
  },
  {
    what: 'endless informational responses',
    bytes: `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)}${response('hi')}`,
  },
  { what: 'a chunk size that is no number', bytes: `${CHUNKED}zz\r\nhi\r\n0\r\n\r\n` },
  { what: 'an empty chunk size', bytes: `${CHUNKED}\r\nhi\r\n0\r\n\r\n` },
  { what: 'a signed chunk size', bytes: `${CHUNKED}+2\r\nhi\r\n0\r\n\r\n` },
  { what: 'a chunk size with 0x', bytes: `${CHUNKED}0x2\r\nhi\r\n0\r\n\r\n` },
  { what: 'a space before a chunk size', bytes: `${CHUNKED} 2\r\nhi\r\n0\r\n\r\n` },
  { what: 'a space after a chunk size', bytes: `${CHUNKED}2 \r\nhi\r\n0\r\n\r\n` },
  { what: 'a chunk size beyond all measure', bytes: `${CHUNKED}ffffffffffffffffff\r\nhi` },
  { what: 'a chunk longer than its size', bytes: `${CHUNKED}2\r\nhix\r\n0\r\n\r\n` },
  { what: 'a bare LF after a chunk size', bytes: `${CHUNKED}2\nhi\r\n0\r\n\r\n` },
  { what: 'a bare LF after a chunk', bytes: `${CHUNKED}2\r\nhi\n0\r\n\r\n` },
  { what: 'a bare CR in a chunk extension', bytes: `${CHUNKED}2;a\rb\r\nhi\r\n0\r\n\r\n` },
  { what: 'a bare LF in a chunk extension', bytes: `${CHUNKED}2;a\nb\r\nhi\r\n0\r\n\r\n` },
  { what: 'NUL in a chunk extension', bytes: `${CHUNKED}2;\0\r\nhi\r\n0\r\n\r\n` },
  {
    what: 'endless chunk extensions',
    bytes: `${CHUNKED}2;${HUGE}\r\nhi\r\n0\r\n\r\n`,
    undici: { reason: 'its parser sets extensions no limit', body: 'hi' },
  },
  {
    what: 'small chunks with large extensions',
    bytes: `${CHUNKED}${`1;${'a'.repeat(500)}\r\nx\r\n`.repeat(100)}0\r\n\r\n`,
    undici: { reason: 'its parser sets extensions no limit', body: 'x'.repeat(100) },
  },
  { what: 'a bare LF in the trailers', bytes: `${CHUNKED}2\r\nhi\r\n0\r\nX: y\n\r\n` },
  {
    what: 'endless trailers',
    bytes: `${CHUNKED}2\r\nhi\r\n0\r\n${'X: y\r\n'.repeat(20_000)}\r\n`,
    undici: { reason: 'it counts names and values only', body: 'hi' },
  },
  { what: 'an endless trailer', bytes: `${CHUNKED}2\r\nhi\r\n0\r\nX: ${HUGE}\r\n\r\n` },
];
