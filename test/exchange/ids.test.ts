import { expect, test } from 'vitest';
import { extendedRequestIdIn, newIdLines, requestIdIn, withRequestId } from '../../src/exchange/ids.js';

const LINES =
  /^x-amzn-RequestId: ([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\r\nx-amz-apigw-id: ([A-Za-z0-9+/]{15}=)\r\n$/;

test('ids look like those of API Gateway, and none comes twice', () => {
  const lines = Array.from({ length: 1_000 }, newIdLines);
  for (const line of lines) {
    const [, requestId, extended] = LINES.exec(line) ?? [];
    expect([requestIdIn(line), extendedRequestIdIn(line)]).toEqual([requestId, extended]);
    expect(Buffer.from(extended ?? '', 'base64').toString('base64')).toBe(extended);
  }
  expect(new Set(lines.map(requestIdIn)).size).toBe(lines.length);
  expect(new Set(lines.map(extendedRequestIdIn)).size).toBe(lines.length);
});

test('another request id leaves the extended one as it is', () => {
  const lines = newIdLines();
  expect(withRequestId(lines, 'own')).toBe(
    `x-amzn-RequestId: own\r\nx-amz-apigw-id: ${extendedRequestIdIn(lines)}\r\n`,
  );
});
