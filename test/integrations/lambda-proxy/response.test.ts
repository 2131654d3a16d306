import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Case, payload, run, valuesOf } from './support.js';

const FAULT = '{"message": "Internal server error"}';

/** What the client sees of a function that returns this value. */
function answerTo(value: unknown, request: Case = {}) {
  return run(request, payload(typeof value === 'string' ? value : JSON.stringify(value))).answer;
}

describe('members of the response', () => {
  test.each<[claim: string, response: unknown, status: number, body: string | null]>([
    ['{} is 200 with an empty body', {}, 200, null],
    ['only headers', { headers: { 'X-A': 'b' } }, 200, null],
    ['a number', { statusCode: 201 }, 201, null],
    ['text that parses as an integer', { statusCode: '202' }, 202, null],
    ['a whole number with a fraction', '{"statusCode": 203.0}', 203, null],
    ['no statusCode', { body: 'x' }, 200, 'x'],
    ['a null statusCode is a missing one', { statusCode: null }, 200, null],
    ['an error status of its own is no fault', { statusCode: 500, body: 'mine' }, 500, 'mine'],
    ['null headers', { headers: null, multiValueHeaders: null }, 200, null],
    ['a null body', { body: null }, 200, null],
    ['an empty body', { body: '' }, 200, ''],
    ['a number as body', { body: 7 }, 200, '7'],
    ['a boolean as body', { body: false }, 200, 'false'],
    ['a null isBase64Encoded', { body: 'x', isBase64Encoded: null }, 200, 'x'],
    ['text beyond ASCII', { body: 'grüß 😀' }, 200, 'grüß 😀'],
  ])('%s', (_, response, status, body) => {
    const answer = answerTo(response);
    expect(answer?.status).toBe(status);
    expect(answer?.body).toBe(body);
    expect(valuesOf(answer, 'content-type')).toEqual(['application/json']);
    expect(valuesOf(answer, 'x-amzn-errortype')).toEqual([]);
    expect(valuesOf(answer, 'x-amzn-trace-id')).toHaveLength(1);
  });
});

describe('faults are 502', () => {
  test.each<[claim: string, response: unknown]>([
    ['an empty payload', ''],
    ['null', 'null'],
    ['text that is no JSON', '{"statusCode": 200'],
    ['a JSON string', '"ok"'],
    ['a JSON number', '200'],
    ['a JSON boolean', 'true'],
    ['an array', '[]'],
    ['an unknown member', { statusCode: 200, cookies: [] }],
    ['an error object', { errorMessage: 'boom', errorType: 'Error', trace: [] }],
    ['a member named __proto__', '{"__proto__": {"statusCode": 200}}'],
    ['statusCode abc', { statusCode: 'abc' }],
    ['statusCode 20x', { statusCode: '20x' }],
    ['an empty statusCode', { statusCode: '' }],
    ['a fraction', { statusCode: 200.5 }],
    ['a boolean statusCode', { statusCode: true }],
    ['statusCode 0', { statusCode: 0 }],
    ['statusCode 99', { statusCode: 99 }],
    ['an interim status', { statusCode: 101 }],
    ['statusCode 600', { statusCode: 600 }],
    ['statusCode -1', { statusCode: '-1' }],
    ['headers as text', { headers: 'X-A: b' }],
    ['headers as an array', { headers: [] }],
    ['an object as header value', { headers: { 'X-A': {} } }],
    ['an array as header value', { headers: { 'X-A': ['b'] } }],
    ['null as header value', { headers: { 'X-A': null } }],
    ['multiValueHeaders as an array', { multiValueHeaders: [] }],
    ['text in multiValueHeaders', { multiValueHeaders: { 'X-A': 'b' } }],
    ['an object in an array of multiValueHeaders', { multiValueHeaders: { 'X-A': [{}] } }],
    ['a body that is an object', { body: {} }],
    ['a body that is an array', { body: [] }],
    ['isBase64Encoded as text', { isBase64Encoded: 'true' }],
    ['a line end in a header value', { headers: { 'X-A': 'b\r\nSet-Cookie: c' } }],
    ['a lone line feed in a header value', { headers: { 'X-A': 'b\nc' } }],
    ['a NUL in a header value', { multiValueHeaders: { 'X-A': ['b\0'] } }],
    ['a header name with a space', { headers: { 'X A': 'b' } }],
    ['a header name with a line end', { headers: { 'X-A\r\nX-B': 'b' } }],
    ['an empty header name', { headers: { '': 'b' } }],
    ['a dropped header with a line end', { headers: { Via: 'a\r\nb: c' } }],
  ])('%s', (_, response) => {
    const { answer, exchange } = run(
      {},
      payload(typeof response === 'string' ? response : JSON.stringify(response)),
    );
    expect(answer).toMatchObject({ status: 502, body: FAULT });
    expect(valuesOf(answer, 'content-type')).toEqual(['application/json']);
    expect(valuesOf(answer, 'x-amzn-errortype')).toEqual(['InternalServerErrorException']);
    expect(valuesOf(answer, 'x-amzn-trace-id')).toEqual([]);
    expect(exchange.errorCause).toMatch(
      /^Execution failed due to configuration error: Malformed Lambda proxy response: /,
    );
  });
});

describe('headers', () => {
  test.each<[claim: string, response: object, name: string, expected: [string, string][]]>([
    ['text', { headers: { 'X-Tag': 'a' } }, 'x-tag', [['X-Tag', 'a']]],
    ['a boolean', { headers: { 'X-Tag': true } }, 'x-tag', [['X-Tag', 'true']]],
    ['a number', { headers: { 'X-Tag': 7 } }, 'x-tag', [['X-Tag', '7']]],
    ['zero', { headers: { 'X-Tag': 0 } }, 'x-tag', [['X-Tag', '0']]],
    ['an empty value', { headers: { 'X-Tag': '' } }, 'x-tag', [['X-Tag', '']]],
    [
      'several values in order',
      { multiValueHeaders: { 'X-Tag': ['b', 'a', 1] } },
      'x-tag',
      [
        ['X-Tag', 'b'],
        ['X-Tag', 'a'],
        ['X-Tag', '1'],
      ],
    ],
    ['no values', { multiValueHeaders: { 'X-Tag': [] } }, 'x-tag', []],
    [
      'a name in both maps: the spelling of the array, its values, then the single one',
      { multiValueHeaders: { 'X-Tag': ['a'] }, headers: { 'x-tag': 'b' } },
      'x-tag',
      [
        ['X-Tag', 'a'],
        ['X-Tag', 'b'],
      ],
    ],
    [
      'the same name and value in both: once',
      { multiValueHeaders: { 'X-Tag': ['a', 'b'] }, headers: { 'X-Tag': 'a' } },
      'x-tag',
      [
        ['X-Tag', 'a'],
        ['X-Tag', 'b'],
      ],
    ],
    [
      'cookies stay separate lines',
      { multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, headers: { 'set-cookie': 'c=3' } },
      'set-cookie',
      [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Set-Cookie', 'c=3'],
      ],
    ],
    [
      'a value beyond latin1 goes out as UTF-8',
      { headers: { 'X-Tag': '✓' } },
      'x-tag',
      [['X-Tag', '\xe2\x9c\x93']],
    ],
    [
      'a Content-Type replaces the default',
      { headers: { 'content-type': 'text/html' } },
      'content-type',
      [['content-type', 'text/html']],
    ],
    [
      'an empty array of Content-Types leaves the default',
      { multiValueHeaders: { 'Content-Type': [] } },
      'content-type',
      [['Content-Type', 'application/json']],
    ],
    [
      'a remapped name',
      { headers: { Date: 'then' } },
      'x-amzn-remapped-date',
      [['x-amzn-Remapped-Date', 'then']],
    ],
    ['does not come under its own name', { headers: { date: 'then' } }, 'date', []],
    [
      'Transfer-Encoding is dropped',
      { headers: { 'Transfer-Encoding': 'chunked' } },
      'transfer-encoding',
      [],
    ],
    ['Via is dropped', { headers: { Via: '1.1 x' } }, 'via', []],
    [
      'Content-Encoding passes',
      { headers: { 'Content-Encoding': 'gzip' } },
      'content-encoding',
      [['Content-Encoding', 'gzip']],
    ],
    [
      'CORS headers pass',
      { headers: { 'Access-Control-Allow-Origin': '*' } },
      'access-control-allow-origin',
      [['Access-Control-Allow-Origin', '*']],
    ],
  ])('%s', (_, response, name, expected) => {
    const answer = answerTo(response);
    expect(answer?.status).toBe(200);
    expect(answer?.headers.filter(([key]) => key.toLowerCase() === name)).toEqual(expected);
  });

  test("a function's own trace id gives way to the request's", () => {
    const answer = answerTo({ headers: { 'X-Amzn-Trace-Id': 'mine' } });
    expect(valuesOf(answer, 'x-amzn-trace-id')).toEqual([expect.stringMatching(/^Root=/)]);
  });
});

describe('binary', () => {
  const body = Buffer.from('bytes').toString('base64');
  const binary = { body, isBase64Encoded: true, headers: { 'Content-Type': 'image/png' } };
  test.each<
    [claim: string, types: string[], accept: string[], response: object, status: number, body: string]
  >([
    ['Accept matches', ['image/png'], ['accept: image/png'], binary, 200, 'bytes'],
    [
      'only its first type counts',
      ['image/png'],
      ['accept: image/png;q=0.1, text/html'],
      binary,
      200,
      'bytes',
    ],
    ['a later type does not', ['image/png'], ['accept: text/html, image/png'], binary, 200, body],
    [
      'only its first line counts',
      ['image/png'],
      ['accept: image/png', 'accept: text/html'],
      binary,
      200,
      'bytes',
    ],
    ["the function's Content-Type plays no part", ['image/png'], ['accept: text/html'], binary, 200, body],
    ['a wildcard in Accept matches no concrete entry', ['image/png'], ['accept: image/*'], binary, 200, body],
    ['and neither does */*', ['image/png'], ['accept: */*'], binary, 200, body],
    ['a family matches its types', ['image/*'], ['accept: image/png'], binary, 200, 'bytes'],
    ['and its own wildcard', ['image/*'], ['accept: image/*'], binary, 200, 'bytes'],
    ['a wildcard type with a subtype matches nothing', ['*/png'], ['accept: image/png'], binary, 200, body],
    ['no Accept', ['image/png'], [], binary, 200, body],
    ['a malformed Accept', ['image/png'], ['accept: image'], binary, 200, body],
    ['the double wildcard matches everything', ['*/*'], ['accept: text/html'], binary, 200, 'bytes'],
    ['and a missing Accept', ['*/*'], [], binary, 200, 'bytes'],
    ['text stays text without isBase64Encoded', ['*/*'], ['accept: image/png'], { body }, 200, body],
    ['no binary types', [], ['accept: image/png'], binary, 200, body],
    ['undecodable and wanted as bytes', ['*/*'], [], { body: 'a b=', isBase64Encoded: true }, 500, FAULT],
    ['a wrong length', ['*/*'], [], { body: 'abc', isBase64Encoded: true }, 500, FAULT],
    [
      'undecodable but wanted as text',
      ['image/png'],
      [],
      { body: 'a b=', isBase64Encoded: true },
      200,
      'a b=',
    ],
  ])('%s', (_, binaryMediaTypes, headers, response, status, expected) => {
    const answer = answerTo(response, { stage: { binaryMediaTypes }, headers });
    expect(answer?.status).toBe(status);
    expect(Buffer.from(answer?.body ?? '').toString()).toBe(expected);
  });
});

describe('whatever a function returns, the client gets exactly one well-formed answer', () => {
  const wellFormed = (json: string): void => {
    const { answer } = run({ stage: { binaryMediaTypes: ['*/*'] } }, payload(json));
    expect(answer).toBeDefined();
    expect(answer?.status).toBeGreaterThanOrEqual(200);
    expect(answer?.status).toBeLessThanOrEqual(599);
    for (const [name, value] of answer?.headers ?? []) {
      expect(name).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
      expect(value).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
    }
  };

  test('for any JSON', () => {
    fc.assert(fc.property(fc.json(), wellFormed));
  });

  test('for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), wellFormed));
  });

  test('for objects near the contract', () => {
    const name = fc.oneof(fc.constantFrom('Content-Type', 'set-cookie', 'Date', 'Via', 'X-A'), fc.string());
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.jsonValue());
    const near = fc.record(
      {
        statusCode: fc.oneof(fc.integer({ min: 0, max: 700 }), fc.string(), fc.constantFrom('200', '404')),
        headers: fc.oneof(fc.dictionary(name, value), fc.jsonValue()),
        multiValueHeaders: fc.oneof(fc.dictionary(name, fc.array(value)), fc.jsonValue()),
        body: fc.oneof(fc.string(), fc.base64String(), fc.jsonValue()),
        isBase64Encoded: fc.oneof(fc.boolean(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(near, (response) => wellFormed(JSON.stringify(response))),
      { numRuns: 1000 },
    );
  });
});
