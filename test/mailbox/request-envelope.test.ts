import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ParsedRequest } from '../../src/exchange/exchange.js';
import { type Batch, CODE_BITS, REQUEST, WHOLE_BODY } from '../../src/mailbox/envelopes.js';
import { RequestReader, RequestWriter } from '../../src/mailbox/request-envelope.js';

const text = fc.oneof(fc.constant(''), fc.string({ maxLength: 8 }));
const head = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path: fc.string({ minLength: 1, maxLength: 8 }),
  query: text,
  host: fc.constantFrom('a.test', 'b.test', ''),
  headers: text,
  requestId: text,
  overTls: fc.boolean(),
});
const body = fc.oneof(
  fc.record({
    body: fc.constantFrom(null, new Uint8Array([1, 2])),
    bodyLength: fc.constant(WHOLE_BODY),
  }),
  fc.record({ body: fc.constant(null), bodyLength: fc.constantFrom(-1, 0, 70_000) }),
);
const requests = fc.array(fc.tuple(head, text, body), { maxLength: 6 });

test('requests arrive as they were sent, whatever of them is empty or like the one before', () => {
  fc.assert(
    fc.property(fc.array(requests, { maxLength: 3 }), (batches) => {
      const writer = new RequestWriter();
      const reader = new RequestReader();
      for (const [clock, sent] of batches.entries()) {
        const batch: Batch = [clock];
        for (const [id, [fields, sourceIp, { body, bodyLength }]] of sent.entries()) {
          writer.write(batch, id, fields, sourceIp, body, bodyLength);
        }
        expect(received(reader, structuredClone(batch))).toEqual(
          sent.map(([fields, sourceIp, { body, bodyLength }], id) => ({
            id,
            ...fields,
            sourceIp,
            body: bodyLength === WHOLE_BODY ? body : 'stream',
            bodyLength,
            arrivedAt: clock,
          })),
        );
      }
    }),
  );
});

function received(reader: RequestReader, batch: Batch): (ParsedRequest & { id: unknown })[] {
  const all: (ParsedRequest & { id: unknown })[] = [];
  for (let at = 1; at < batch.length; at = reader.end) {
    expect((batch[at] as number) & CODE_BITS).toBe(REQUEST);
    all.push({ id: batch[at + 1], ...reader.read(batch, at) });
  }
  return all;
}
