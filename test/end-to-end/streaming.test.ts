/** Bodies that do not fit in memory, clients that do not read, backends that dribble. */

import { readFileSync } from 'node:fs';
import { get, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRawBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { proxyDefinition } from './definitions.js';

const GIGABYTE = 1_073_741_824;
const MEGABYTE = 1_048_576;

let backend: Awaited<ReturnType<typeof startRawBackend>>;
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;
/** What the backend has handed to its socket for `/endless`. */
let endlessBytes = 0;
let closedEarly = 0;
let uploaded = 0;
let uploadEnded = 0;
let tick: () => void = () => {};

beforeAll(async () => {
  backend = await startRawBackend((request, response) => {
    const block = Buffer.alloc(65_536, 'x');
    response.on('close', () => {
      if (!response.writableFinished) closedEarly++;
    });
    const stream = (total: number): void => {
      let left = total;
      const pump = (): void => {
        while (left > 0) {
          const part = left < block.length ? block.subarray(0, left) : block;
          left -= part.length;
          endlessBytes += part.length;
          if (!response.write(part)) {
            response.once('drain', pump);
            return;
          }
        }
        response.end();
      };
      pump();
    };
    switch (new URL(request.url ?? '', 'http://x').pathname) {
      case '/site/gigabyte':
        response.writeHead(200, { 'Content-Length': GIGABYTE });
        stream(GIGABYTE);
        break;
      case '/site/endless':
        response.writeHead(200);
        stream(Number.POSITIVE_INFINITY);
        break;
      case '/site/events':
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write('data: 0\n\n');
        tick = () => response.write('data: 1\n\n');
        break;
      case '/site/upload':
        request.on('data', (part) => {
          uploaded += part.length;
        });
        request.on('end', () => {
          uploadEnded++;
          response.end(String(uploaded));
        });
        break;
      case '/site/stuck-upload':
        break;
      case '/site/breaks':
        response.writeHead(200, { 'Content-Length': 1_000_000 });
        response.write(block, () => response.destroy());
        break;
      default:
        // Never answers.
        break;
    }
  });
  folder = testFolder({ 'api.json': proxyDefinition() });
  gateway = await startGateway([
    folder.path('api.json'),
    ...['--stage-variable', `backend=${backend.authority}`],
  ]);
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.close();
  folder?.remove();
});

/** Resident bytes of the gateway's process. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

test.runIf(process.platform === 'linux')(
  'a 1 GB download raises the memory of the gateway by less than 64 MB',
  async () => {
    const before = residentBytes();
    let most = before;
    let size = 0;
    await new Promise<void>((resolve, reject) => {
      get(`${gateway.url}/api/gigabyte`, (response) => {
        response.on('data', (part) => {
          if (Math.floor(size / (16 * MEGABYTE)) !== Math.floor((size + part.length) / (16 * MEGABYTE)))
            most = Math.max(most, residentBytes());
          size += part.length;
        });
        response.on('end', resolve);
        response.on('error', reject);
      }).on('error', reject);
    });
    expect(size).toBe(GIGABYTE);
    expect(most - before).toBeLessThan(64 * MEGABYTE);
  },
  60_000,
);

test('a client that does not read stops the reading from the upstream, and its leaving ends the call', async () => {
  endlessBytes = 0;
  closedEarly = 0;
  const client = await RawClient.connect(gateway.port);
  client.socket.pause();
  client.send('GET /api/endless HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => endlessBytes > MEGABYTE);
  let last = -1;
  // Stalled: no byte more was taken during ten turns of 50 ms.
  for (let quiet = 0; quiet < 10; quiet++) {
    if (endlessBytes !== last) quiet = 0;
    last = endlessBytes;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(endlessBytes).toBeLessThan(48 * MEGABYTE);
  client.close();
  await until(() => closedEarly === 1);
});

test('server-sent events arrive as they are sent', async () => {
  const client = await RawClient.connect(gateway.port);
  client.send('GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.until((text) => text.includes('data: 0\n\n'));
  tick();
  await client.until((text) => text.includes('data: 1\n\n'));
  client.close();
});

test.each([
  ['announced', false],
  ['chunked', true],
])('a large upload of %s length is streamed to the backend unchanged', async (_, chunked) => {
  uploaded = 0;
  const size = 8 * MEGABYTE;
  const body = await new Promise<string>((resolve, reject) => {
    const request = httpRequest(
      `${gateway.url}/api/upload`,
      { method: 'POST', headers: chunked ? {} : { 'Content-Length': size } },
      (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve(text));
      },
    );
    request.on('error', reject);
    for (let i = 0; i < 8; i++) request.write(Buffer.alloc(MEGABYTE, i));
    request.end();
  });
  expect(body).toBe(String(size));
});

test('an upload reaches the backend before it is complete', async () => {
  uploaded = 0;
  const ended = uploadEnded;
  const client = await RawClient.connect(gateway.port);
  client.send('POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n');
  client.send(Buffer.alloc(100_000));
  await until(() => uploaded === 100_000);
  expect(uploadEnded).toBe(ended);
  client.send(Buffer.alloc(100_000));
  expect((await client.until((text) => text.endsWith('200000'))).startsWith('HTTP/1.1 200')).toBe(true);
  client.close();
});

test('a body over 10 MB is answered 413, announced or not', async () => {
  const client = await RawClient.connect(gateway.port);
  client.send('POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10485761\r\n\r\n');
  const announced = await client.answer();
  expect([announced.status, announced.body]).toEqual([413, '{"message":"Request Too Long"}']);
  client.close();
  const chunked = await RawClient.connect(gateway.port);
  chunked.send('POST /api/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let i = 0; i < 11; i++) {
    chunked.send(`${MEGABYTE.toString(16)}\r\n`);
    chunked.send(Buffer.alloc(MEGABYTE));
    chunked.send('\r\n');
  }
  const grown = await chunked.answer();
  expect([grown.status, grown.body]).toEqual([413, '{"message":"Request Too Long"}']);
  chunked.close();
});

test('a client that leaves before the answer cancels the call to the backend', async () => {
  closedEarly = 0;
  let connections = 0;
  backend.server.once('request', () => connections++);
  const client = await RawClient.connect(gateway.port);
  client.send('GET /api/never HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => connections === 1);
  client.close();
  await until(() => closedEarly === 1);
});

test('an answer the backend breaks off is never passed for whole', async () => {
  const client = await RawClient.connect(gateway.port);
  client.send('GET /api/breaks HTTP/1.1\r\nHost: x\r\n\r\n');
  const text = await client.untilClosed();
  expect(text).toContain('Content-Length: 1000000\r\n');
  expect(text.length).toBeLessThan(1_000_000);
});
