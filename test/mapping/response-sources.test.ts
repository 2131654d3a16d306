/** Reference 04 section 3: sources and targets of a response mapping. */
import { describe, expect, it } from 'vitest';
import { BodyText } from '../../src/mapping/body-text.js';
import { ResponseMapping } from '../../src/mapping/response-mapping.js';
import { readText, responseSource } from '../../src/mapping/source.js';
import { Client, contextOf } from '../integrations/http-proxy/harness.js';

const context = contextOf({ integration: {}, stageVariables: { tier: 'gold' } });
const HEADERS = 'X-Tag: a\r\nX-Tag: b\r\nx-tag: c\r\nEmpty: \r\nLocation: /x y\r\n';

function read(expression: string, body = ''): string | undefined {
  const answer = { headers: HEADERS, body: new BodyText(Buffer.from(body)) };
  return readText(responseSource(expression, context), new Client().exchange, answer);
}

describe('response sources', () => {
  it.each([
    ['integration.response.header.X-Tag', 'b'],
    ['integration.response.header.x-tag', 'c'],
    ['integration.response.header.X-TAG', undefined],
    ['integration.response.header.Empty', undefined],
    ['integration.response.header.Location', '/x y'],
    ['integration.response.multivalueheader.X-Tag', 'a,b'],
    ['integration.response.multivalueheader.none', undefined],
    ['integration.response.body', '{}'],
    ['stageVariables.tier', 'gold'],
    ['context.stage', 'live'],
    ["'*'", '*'],
    ["''", undefined],
    ['method.request.header.host', undefined],
    ['integration.request.header.a', undefined],
  ])('%s is %j', (expression, value) => {
    expect(read(expression)).toBe(value);
  });

  it.each([
    ['integration.response.body', 'text', 'text'],
    ['integration.response.body.a.b[0]', '{"a":{"b":["x"]}}', 'x'],
    ['integration.response.body.a.n', '{"a":{"n":12345678901234567890}}', '12345678901234567890'],
    ['integration.response.body.a', '{"a":{"b":1}}', undefined],
    ['integration.response.body.missing', '{"a":1}', undefined],
    ['integration.response.body..a', '{"a":1}', '1'],
    ['integration.response.body.l[*].a', '{"l":[{"a":1},{"a":"x"},{"a":{}}]}', '1,x'],
    ['integration.response.body.l[?(@.a > 1)].a', '{"l":[{"a":1},{"a":2}]}', '2'],
    ['integration.response.body.l.length()', '{"l":[1,2,3]}', '3'],
  ])('%s of %s is %j', (expression, body, value) => {
    expect(read(expression, body)).toBe(value);
  });
});

describe('response mappings', () => {
  const headersOf = (
    parameters: Record<string, string>,
    rename = (name: string): string | undefined => name,
  ) =>
    new ResponseMapping(parameters, context, rename).headersOf(new Client().exchange, {
      headers: HEADERS,
      body: null,
    });

  it('application/json is the content type unless one is mapped', () => {
    expect(headersOf({})).toBe('Content-Type: application/json\r\n');
    expect(headersOf({ 'method.response.header.content-type': "'text/csv'" })).toBe(
      'content-type: text/csv\r\n',
    );
    expect(
      headersOf({ 'method.response.header.Content-Type': 'integration.response.header.Content-Type' }),
    ).toBe('Content-Type: application/json\r\n');
  });

  it('a source without a value sends nothing', () => {
    expect(headersOf({ 'method.response.header.X-A': 'integration.response.header.None' })).not.toContain(
      'X-A',
    );
  });

  it('only method.response.header is a target, and its name is a token', () => {
    const parameters = {
      'method.response.body': "'x'",
      'method.response.header.': "'x'",
      'method.response.header.a b': "'x'",
      'gatewayresponse.header.a': "'x'",
    };
    expect(headersOf(parameters)).toBe('Content-Type: application/json\r\n');
  });

  it('values that would break the head are left out', () => {
    expect(headersOf({ 'method.response.header.X-A': "'a\r\nX-B: 1'" })).not.toContain('X-B');
  });

  it('names may be renamed or dropped', () => {
    const rename = (name: string): string | undefined => (name === 'Date' ? 'X-Date' : undefined);
    const block = headersOf(
      { 'method.response.header.Date': "'d'", 'method.response.header.Gone': "'g'" },
      rename,
    );
    expect(block).toBe('Content-Type: application/json\r\nX-Date: d\r\n');
  });
});
