/** Reference 02 section 5. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMock } from '../../../src/integrations/custom/mock.js';
import { readMockStatus } from '../../../src/integrations/custom/mock-status.js';
import type { Integration, IntegrationResponse } from '../../../src/model/snapshot.js';
import { Client, contextOf, integrationResponse, type RequestParts } from '../http-proxy/harness.js';

const NO_STATUS =
  'Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.';

describe('statusCode of a rendered request template', () => {
  it.each([
    ['{"statusCode": 204}', 204],
    ['{statusCode: 204}', 204],
    ["{'statusCode': 204}", 204],
    ['{"statusCode": 204, }', 204],
    ['{"statusCode": 204 ,, }', 204],
    ['{"statusCode": 204, null: null}', 204],
    ['{"statusCode": 204, "note": \'x\'}', 204],
    ['{"statusCode": 204, "": "x"}', 204],
    ['{statusCode: 204, x: [b c]}', 204],
    ['{statusCode: 204, a}: [q r]}', 204],
    ["{statusCode: 204, k'}: [q]}", 204],
    ['{"statusCode": 0}', 0],
    ['{"statusCode": -7}', -7],
    ['\n{ "a": {"b": [1, {"c": "}"}]}, "statusCode" : 200 \n}\n', 200],
    ['{"statusCode": 200, "statusCode": 201}', 201],
    ['{"a": "\\"", "statusCode": 200}', 200],
    ['{"statusCode": "204"}', undefined],
    ["{'statusCode': '204'}", undefined],
    ['{"statusCode": 204', undefined],
    ['{"statusCode\': 204}', undefined],
    ["{'statusCode: 204}", undefined],
    ['statusCode: 204', undefined],
    ['{statusCode: 204, {x: 1}', undefined],
    ['{"statusCode": 204.5}', undefined],
    ['{"statusCode": 2e2}', undefined],
    ['{"statusCode": true}', undefined],
    ['{"statusCode": null}', undefined],
    ['{"statusCode": {}}', undefined],
    ['{"statusCode": 204 5}', undefined],
    ['{"statuscode": 204}', undefined],
    ['{"a": {"statusCode": 204}}', undefined],
    ['[{"statusCode": 204}]', undefined],
    ['{}', undefined],
    ['', undefined],
    ['204', undefined],
    [`${'{"a":'.repeat(5_000)}`, undefined],
    [`{"statusCode":200,"a":${'['.repeat(500)}${']'.repeat(500)}}`, undefined],
  ])('%s is %s', (text, status) => {
    expect(readMockStatus(text)).toBe(status);
  });

  it('a text longer than a template may be is none', () => {
    expect(readMockStatus(`{"statusCode": 200}${' '.repeat(300 * 1024)}`)).toBeUndefined();
  });

  it('property: any text gives an integer or nothing, and JSON objects give their integer', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\'\\ a1') }), (text) => {
        const status = readMockStatus(text);
        expect(status === undefined || Number.isInteger(status)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer(), (members, status) => {
        const text = JSON.stringify({ ...members, statusCode: status });
        expect(readMockStatus(text)).toBe(status);
      }),
    );
  });
});

function call(
  parts: Partial<Integration>,
  responses: Partial<IntegrationResponse>[],
  request: RequestParts = {},
): Promise<Client> {
  const integration = { type: 'MOCK' as const, ...parts, responses: responses.map(integrationResponse) };
  return new Client(request).call(compileMock(contextOf({ integration })));
}

const OK = { requestTemplates: { 'application/json': '{"statusCode": 200}' } };
const BOTH = [{ statusCode: '200' }, { statusCode: '404', selectionPattern: '4\\d\\d' }];

describe('MOCK', () => {
  it('answers with the response the status selects, without a trace id and without a body', async () => {
    const client = await call(OK, BOTH);
    expect([client.status, client.body]).toEqual([200, '']);
    expect(client.fields).toEqual({
      'Content-Type': 'application/json',
      'x-amzn-RequestId': client.exchange.requestId,
      'x-amz-apigw-id': client.exchange.extendedRequestId,
    });
    expect(client.exchange.integrationLatency).toBe(-1);
  });

  it.each([
    ['{"statusCode": 404}', 404],
    ['{"statusCode": 500}', 200],
    ['{"statusCode": 0}', 200],
  ])('template %s answers %i', async (template, status) => {
    expect((await call({ requestTemplates: { 'application/json': template } }, BOTH)).status).toBe(status);
  });

  it('negative statuses are matched as text', async () => {
    const parts = { requestTemplates: { 'application/json': '{"statusCode": -7}' } };
    expect((await call(parts, [...BOTH, { statusCode: '418', selectionPattern: '-7' }])).status).toBe(418);
  });

  it('headers and a literal body come from the integration response', async () => {
    const client = await call(OK, [
      {
        statusCode: '200',
        responseParameters: {
          'method.response.header.Access-Control-Allow-Origin': "'*'",
          'method.response.header.X-Stage': 'context.stage',
          'method.response.header.X-Request': 'context.requestId',
          'method.response.header.X-Body': 'integration.response.header.X',
        },
        responseTemplates: { 'application/json': ' {"ok": true}\n' },
      },
    ]);
    expect(client.body).toBe('{"ok": true}');
    expect(client.fields).toMatchObject({
      'Access-Control-Allow-Origin': '*',
      'X-Stage': 'live',
      'X-Request': client.exchange.requestId,
    });
    expect(client.fields).not.toHaveProperty('X-Body');
  });

  it('the request body is not visible to the response', async () => {
    const responseParameters = { 'method.response.header.X-Body': 'integration.response.body' };
    const client = await call(OK, [{ responseParameters }], {
      method: 'POST',
      body: Buffer.from('{"secret":1}'),
    });
    expect([client.fields['X-Body'], client.body]).toEqual(['{}', '']);
  });

  it('a template that names no status answers 500', async () => {
    const client = await call({ requestTemplates: { 'application/json': '{"statusCode": "200"}' } }, BOTH);
    expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
    expect(client.exchange.errorCause).toBe(NO_STATUS);
  });

  it('without a template an empty body takes the default response', async () => {
    expect((await call({}, BOTH)).status).toBe(200);
    const client = await call({}, [{ statusCode: '404', selectionPattern: '404' }]);
    expect([client.status, client.exchange.errorCause.includes('No match for output mapping')]).toEqual([
      500,
      true,
    ]);
  });

  it('without a template a body is what is parsed', async () => {
    const post = (body: string) => call({}, BOTH, { method: 'POST', body: Buffer.from(body) });
    expect((await post('{"statusCode": 404}')).status).toBe(404);
    expect((await post('{"other": 404}')).exchange.errorCause).toBe(NO_STATUS);
  });

  it.each([
    ['WHEN_NO_MATCH', {}, undefined, 200],
    ['WHEN_NO_MATCH', OK.requestTemplates, 'text/plain', 200],
    ['WHEN_NO_TEMPLATES', OK.requestTemplates, 'text/plain', 415],
    ['NEVER', {}, undefined, 415],
    ['NEVER', OK.requestTemplates, undefined, 200],
  ] as const)(
    '%s with templates %j and content type %s answers %i',
    async (passthroughBehavior, requestTemplates, type, status) => {
      const headers = type === undefined ? '' : `content-type: ${type}\r\n`;
      expect((await call({ passthroughBehavior, requestTemplates }, BOTH, { headers })).status).toBe(status);
    },
  );

  it('mappings have no effect, forbidden ones neither', async () => {
    const requestParameters = { 'integration.request.header.Content-Length': "'1'" };
    expect((await call({ ...OK, requestParameters }, BOTH)).status).toBe(200);
  });
});
