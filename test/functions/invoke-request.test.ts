import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Credentials } from '../../src/aws/credentials.js';
import { FixedSigner } from '../../src/aws/fixed-signature.js';
import { endpointOf } from '../../src/functions/endpoint.js';
import { InvokeRequest } from '../../src/functions/invoke-request.js';
import { forEachHeader } from '../../src/http/header-block.js';
import type { FunctionCall } from '../../src/integrations/integration.js';
import { functionCall, LAMBDA } from './start-host.js';

class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string | Uint8Array);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as string | Uint8Array);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function headersOf(block: string): Record<string, string> {
  const headers: Record<string, string> = {};
  forEachHeader(block, (name, value) => {
    headers[name] = value;
  });
  return headers;
}

const word = fc.stringMatching(/^[A-Za-z0-9]{1,20}$/);

const calls: fc.Arbitrary<FunctionCall> = fc
  .record({
    functionName: fc.oneof(
      word,
      fc.stringMatching(
        /^arn:aws:lambda:[a-z]{2}-[a-z]{4}-1:\d{12}:function:[A-Za-z0-9_.-]{1,20}(:\$LATEST)?$/,
      ),
    ),
    region: fc.constantFrom('eu-west-3', 'us-east-1', 'cn-north-1'),
    payload: fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()),
    invocationType: fc.constantFrom('Event' as const, 'RequestResponse' as const),
    apiId: word,
    requestId: fc.uuid(),
  })
  .map((more) => functionCall(more.functionName, {}, more));

const credentials: fc.Arbitrary<Credentials> = fc.record(
  { accessKeyId: word, secretAccessKey: fc.string({ minLength: 1 }), sessionToken: fc.base64String() },
  { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
);

const endpoints = fc.constantFrom(
  undefined,
  'http://127.0.0.1:4566',
  'https://lambda.example.com/lambda/',
  "http://[::1]:80/a//b'(c)*/%20~ü",
);

const times = fc.date({
  min: new Date('2001-01-01T00:00:00Z'),
  max: new Date('2099-12-31T23:59:59Z'),
  noInvalidDate: true,
});

test('signatures are those of the SDK, whatever the call, the credentials, the endpoint and the time', async () => {
  // One signer sees several credentials and days, as in a worker that lives for long.
  const signers = new Map<string, FixedSigner>();
  await fc.assert(
    fc.asyncProperty(calls, credentials, endpoints, times, async (call, keys, url, time) => {
      const { region } = call;
      const endpoint = endpointOf({ ...LAMBDA, ...(url === undefined ? {} : { endpoint: url }) }, region);
      const signer = signers.get(region) ?? new FixedSigner(region, 'lambda');
      signers.set(region, signer);
      const request = new InvokeRequest(endpoint, call.functionName, signer);
      const signed = headersOf(request.signedHeaders(call, keys, time.getTime()));

      const yardstick = new SignatureV4({ credentials: keys, region, service: 'lambda', sha256: Sha256 });
      const expected = await yardstick.sign(
        new HttpRequest({
          method: 'POST',
          path: request.path,
          headers: headersOf(request.unsignedHeaders(call)),
          body: Buffer.from(call.payload),
        }),
        { signingDate: time },
      );
      expect(signed).toEqual(expected.headers);
    }),
    { numRuns: 300 },
  );
});
