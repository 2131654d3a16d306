/** Whatever templates and mappings put out, what is sent is one well-formed request, and one well-formed answer. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileHttp } from '../../../src/integrations/custom/http.js';
import type { UpstreamClient, UpstreamRequest } from '../../../src/upstream/upstream.js';
import { Client, contextOf, integrationResponse } from '../http-proxy/harness.js';

/** Takes requests, answers each with 200 and the given headers and body. */
function recording(sent: UpstreamRequest[], headers: string, body: Buffer): UpstreamClient {
  return {
    request(request, handler) {
      sent.push(request);
      setImmediate(() => {
        handler.onHead(200, headers, -1);
        if (body.length > 0) handler.onData(body);
        handler.onEnd();
      });
      return { write: () => true, end() {}, pause() {}, resume() {}, answered() {}, cancel() {} };
    },
    async close() {},
    stats: () => ({ connections: 0, active: 0, pending: 0 }),
  };
}

const FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^\/[!-~]*$/;
const ONCE = ['host', 'content-type'];
const GATEWAY_OWNED = ['content-length', 'transfer-encoding', 'connection'];

function checkBlock(block: string): void {
  expect(block === '' || block.endsWith('\r\n')).toBe(true);
  const lines = block.split('\r\n').slice(0, -1);
  for (const line of lines) expect(line).toMatch(FIELD);
  const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
  for (const name of ONCE) expect(names.filter((other) => other === name).length).toBeLessThanOrEqual(1);
  for (const name of GATEWAY_OWNED) expect(names).not.toContain(name);
}

/** Texts with what a head must not hold, and the names that matter. */
const hostile = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      '\r',
      '\n',
      '\0',
      ' ',
      ':',
      '/',
      '.',
      '..',
      '%',
      '?',
      '#',
      'a',
      'é',
      '漢',
      '\ud800',
    ),
  }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('Host', 'host', 'Content-Type', 'content-type', 'X', 'Date', 'Via', 'TE', 'x\r\ny: z'),
);
/** Names that may be set without a 500. */
const name = hostile.filter(
  (text) => !/^(?:content-length|transfer-encoding|x-amzn-trace-id|x-amzn-apigateway-api-id)$/i.test(text),
);

/** The template reads all its texts from the request body, so that no text has to be a template. */
const REQUEST = `#set($r = $input.path('$'))#foreach($h in $r.headers)#set($context.requestOverride.header[$h.name] = $h.value)#end
#foreach($q in $r.headers)#set($context.requestOverride.querystring[$q.name] = $q.value)#end
#set($context.requestOverride.path.id = $r.id)$r.id`;
const RESPONSE = `#set($r = $input.path('$'))#foreach($h in $r.headers)#set($context.responseOverride.header[$h.name] = $h.value)#end
#set($context.responseOverride.status = $r.status)$input.body`;

it('property: headers and targets are well-formed, Host and Content-Type stand once, framing is the gateway’s own', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name, value: fc.oneof(hostile, fc.array(hostile)) })),
      hostile,
      fc.oneof(fc.integer({ min: -1, max: 700 }), hostile),
      async (headers, id, status) => {
        const sent: UpstreamRequest[] = [];
        const body = Buffer.from(JSON.stringify({ headers, id, status }));
        const context = contextOf({
          integration: {
            type: 'HTTP',
            httpMethod: 'POST',
            uri: 'http://backend.example/a/{id}/b',
            requestParameters: {
              'integration.request.header.X-Id': 'method.request.body.id',
              'integration.request.header.Host': 'method.request.body.id',
              'integration.request.querystring.mapped': 'method.request.body.id',
            },
            requestTemplates: { 'application/json': REQUEST },
            responses: [
              integrationResponse({
                responseParameters: {
                  'method.response.header.X-Id': 'integration.response.body.id',
                  'method.response.header.Content-Type': 'integration.response.body.id',
                },
                responseTemplates: { 'application/json': RESPONSE },
              }),
            ],
          },
          upstream: recording(sent, 'Content-Type: application/json\r\n', body),
        });
        const client = await new Client({ method: 'POST', body }).call(compileHttp(context));
        for (const request of sent) {
          checkBlock(request.headers);
          expect(request.target).toMatch(TARGET);
          // Dot segments may undo what stands in the same value, and nothing before it.
          expect(new URL(request.target, 'http://h').pathname).toMatch(/^\/a\/(?:.*\/)?b$/s);
        }
        expect(sent.length).toBe(
          [400, 500].includes(client.status) && client.exchange.errorType !== '' ? 0 : 1,
        );
        checkBlock(client.headers);
        expect(client.status).toBeGreaterThanOrEqual(200);
        expect(client.status).toBeLessThanOrEqual(599);
      },
    ),
    { numRuns: 400 },
  );
});
