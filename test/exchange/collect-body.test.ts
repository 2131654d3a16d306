import { describe, expect, test } from 'vitest';
import { type CollectedBody, collectBody } from '../../src/exchange/collect-body.js';
import { newExchange, RecordingSink } from '../integrations/lambda-proxy/support.js';

function collect(body: Uint8Array | null | 'stream', limit: number, bodyLength = -1) {
  const sink = new RecordingSink();
  const exchange = newExchange({ request: { body, bodyLength } }, sink);
  const results: CollectedBody[] = [];
  collectBody(exchange, limit, (result) => results.push(result));
  return { results, sink, listener: exchange.listener };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a body that came whole', () => {
  test.each<[claim: string, body: Uint8Array | null, expected: CollectedBody]>([
    ['is handed over at once', bytes(1, 2), bytes(1, 2)],
    ['may be none', null, null],
    ['may be as long as the limit', bytes(1, 2, 3), bytes(1, 2, 3)],
    ['and not longer', bytes(1, 2, 3, 4), 'too-large'],
  ])('%s', (_, body, expected) => {
    const { results, listener } = collect(body, 3);
    expect(results).toEqual([expected]);
    expect(listener).toBeNull();
  });
});

describe('a streamed body', () => {
  test.each<[claim: string, chunks: Uint8Array[], expected: CollectedBody, consumed: number]>([
    ['of one chunk', [bytes(1, 2)], bytes(1, 2), 2],
    ['of several', [bytes(1), bytes(2), bytes(3)], Buffer.from([1, 2, 3]), 3],
    ['of none is no body', [], null, 0],
    ['of an empty chunk is no body', [bytes()], null, 0],
    [
      'that exceeds the limit is refused once, and no more of it is asked for',
      [bytes(1, 2), bytes(3, 4), bytes(5)],
      'too-large',
      2,
    ],
  ])('%s', (_, chunks, expected, consumed) => {
    const { results, sink, listener } = collect('stream', 3);
    for (const chunk of chunks) listener?.onBodyChunk(chunk);
    if (expected !== 'too-large') expect(results).toEqual([]);
    listener?.onBodyEnd();
    expect(results).toEqual([expected]);
    expect(sink.consumedBytes).toBe(consumed);
  });

  test('that announces more than the limit is refused before it comes', () => {
    expect(collect('stream', 3, 4).results).toEqual(['too-large']);
  });

  test('of a client that leaves is never reported', () => {
    const { results, listener } = collect('stream', 3);
    listener?.onBodyChunk(bytes(1));
    listener?.onCancel();
    listener?.onBodyChunk(bytes(2));
    listener?.onBodyEnd();
    expect(results).toEqual([]);
  });
});
