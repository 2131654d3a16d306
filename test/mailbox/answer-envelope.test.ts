import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerHead } from '../../src/http/status.js';
import { AnswerReader, AnswerWriter } from '../../src/mailbox/answer-envelope.js';
import { ANSWER, type Batch, CODE_BITS } from '../../src/mailbox/envelopes.js';

const answer = fc.record({
  status: fc.constantFrom(200, 404),
  headers: fc.constantFrom('', 'A: 1\r\n', 'A: 2\r\n'),
  idLines: fc.constantFrom('', 'x-amzn-RequestId: 1\r\n', 'x-amzn-RequestId: 2\r\n'),
  body: fc.constantFrom(null, 'text', new Uint8Array([1, 2])),
});

test('answers arrive as they were sent, whatever of them is empty or like the one before', () => {
  fc.assert(
    fc.property(fc.array(fc.array(answer, { maxLength: 6 }), { maxLength: 3 }), (batches) => {
      const writer = new AnswerWriter();
      const reader = new AnswerReader();
      for (const sent of batches) {
        const batch: Batch = [0];
        for (const [id, { status, headers, idLines, body }] of sent.entries()) {
          writer.write(batch, id, status, headers, idLines, body);
        }
        expect(received(reader, structuredClone(batch))).toEqual(
          sent.map(({ status, headers, idLines, body }, id) => ({
            id,
            status,
            head: answerHead(status, headers),
            idLines,
            body,
          })),
        );
      }
    }),
  );
});

test('a head like the one before does not cross', () => {
  const writer = new AnswerWriter();
  const batch: Batch = [];
  writer.write(batch, 1, 200, 'A: 1\r\n', '', 'a');
  const first = batch.length;
  writer.write(batch, 2, 200, 'A: 1\r\n', '', 'b');
  expect(batch.slice(first)).toEqual([ANSWER, 2, 'b']);
});

function received(reader: AnswerReader, batch: Batch): unknown[] {
  const all: unknown[] = [];
  for (let at = 1; at < batch.length; ) {
    expect((batch[at] as number) & CODE_BITS).toBe(ANSWER);
    const id = batch[at + 1];
    at = reader.read(batch, at);
    const { status, head, idLines, body } = reader;
    all.push({ id, status, head, idLines, body });
  }
  return all;
}
