/** Custom domains and base path mappings: what is shown, and what data planes serve. */
import { beforeEach, expect, test } from 'vitest';
import { openSnapshot } from '../../src/config/commit.js';
import { snapshotOfItems } from '../../src/config/items.js';
import { ALL_OPERATIONS } from '../../src/control-plane/operations/all.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { newControlPlane, type TestControlPlane } from './harness.js';

let cp: TestControlPlane;
let apiId: string;
beforeEach(async () => {
  cp = newControlPlane(ALL_OPERATIONS);
  apiId = (await cp.ok('POST', '/restapis', { name: 'shop' })).id;
});

const domain = (members: object = {}) =>
  cp.ok('POST', '/domainnames', { domainName: 'api.example.com', ...members });
const MAPPINGS = '/domainnames/api.example.com/basepathmappings';

async function served(): Promise<Omit<Snapshot, 'revision'>> {
  const snapshot = await cp.store.read();
  if (snapshot === null) return { apis: [], mappings: [], domains: [] };
  return snapshotOfItems(openSnapshot(snapshot, undefined).items, 1);
}

test('a domain is shown with its certificate, and served with its files', async () => {
  const made = await domain({
    domainName: 'API.Example.com',
    certificateName: 'shop',
    certificateBody: 'file:/tls/shop.pem',
    certificatePrivateKey: 'file:/tls/shop.key',
    endpointConfiguration: { types: ['REGIONAL'] },
  });
  expect(made).toMatchObject({
    domainName: 'api.example.com',
    certificateName: 'shop',
    domainNameStatus: 'AVAILABLE',
    regionalHostedZoneId: expect.any(String),
  });
  expect(JSON.stringify(made)).not.toContain('shop.key');
  expect((await served()).domains).toEqual([
    { name: 'api.example.com', certificateFile: '/tls/shop.pem', privateKeyFile: '/tls/shop.key' },
  ]);
  await cp.patch('/domainnames/api.example.com', {
    op: 'replace',
    path: '/certificateBody',
    value: 'file:/tls/new.pem',
  });
  expect((await served()).domains[0]?.certificateFile).toBe('/tls/new.pem');
});

test('PEM text is refused: private keys do not go into the store', async () => {
  const [status, type, message] = await cp.error('POST', '/domainnames', {
    domainName: 'a.example.com',
    certificateBody: '-----BEGIN CERTIFICATE-----',
    certificatePrivateKey: '-----BEGIN PRIVATE KEY-----',
  });
  expect([status, type]).toEqual([400, 'BadRequestException']);
  expect(message).toContain('file:/');
});

test.each(['', 'nodots', '*.com.*', 'a..b', '-a.example', 'a b.example', '*.*.example.com'])(
  'the domain name %j is refused',
  async (domainName) => {
    expect((await cp.error('POST', '/domainnames', { domainName }))[0]).toBe(400);
  },
);

test('a mapping is live at once, the root one is called (none)', async () => {
  await domain({ domainName: '*.example.com' });
  const at = `/domainnames/${encodeURIComponent('*.example.com')}/basepathmappings`;
  expect(await cp.ok('POST', at, { restApiId: apiId })).toEqual({ basePath: '(none)', restApiId: apiId });
  expect(await cp.ok('POST', at, { restApiId: apiId, basePath: 'v1' })).toEqual({
    basePath: 'v1',
    restApiId: apiId,
  });
  expect((await served()).mappings).toEqual([
    { domain: '*.example.com', basePath: '', apiId, stage: '' },
    { domain: '*.example.com', basePath: 'v1', apiId, stage: '' },
  ]);
  expect(await cp.ok('GET', `${at}/${encodeURIComponent('(none)')}`)).toEqual({
    basePath: '(none)',
    restApiId: apiId,
  });
  await cp.ok('DELETE', `${at}/v1`);
  expect((await served()).mappings).toHaveLength(1);
  expect((await cp.ok('GET', at)).item).toHaveLength(1);
});

test('a mapping moves to another base path whole', async () => {
  await domain();
  await cp.ok('POST', MAPPINGS, { restApiId: apiId, basePath: 'v1' });
  const moved = await cp.patch(`${MAPPINGS}/v1`, { op: 'replace', path: '/basePath', value: 'v2' });
  expect(moved.basePath).toBe('v2');
  expect((await served()).mappings).toEqual([
    { domain: 'api.example.com', basePath: 'v2', apiId, stage: '' },
  ]);
  expect((await cp.error('GET', `${MAPPINGS}/v1`))[0]).toBe(404);
});

test('what does not exist cannot be mapped, and nothing is mapped twice', async () => {
  await domain();
  expect(await cp.error('POST', MAPPINGS, { restApiId: 'nothere' })).toEqual([
    400,
    'BadRequestException',
    'Invalid REST API identifier specified',
  ]);
  expect((await cp.error('POST', MAPPINGS, { restApiId: apiId, stage: 'nothere' }))[0]).toBe(400);
  await cp.ok('POST', MAPPINGS, { restApiId: apiId });
  expect((await cp.error('POST', MAPPINGS, { restApiId: apiId, basePath: '(none)' }))[0]).toBe(409);
  expect(await cp.error('GET', '/domainnames/no.example.com')).toEqual([
    404,
    'NotFoundException',
    'Invalid domain name identifier specified',
  ]);
});

test('an API stays as long as a domain leads to it; a deleted domain takes its mappings along', async () => {
  await domain();
  await cp.ok('POST', MAPPINGS, { restApiId: apiId });
  expect((await cp.error('DELETE', `/restapis/${apiId}`))[2]).toContain('api.example.com');
  await cp.ok('DELETE', '/domainnames/api.example.com');
  expect(await served()).toMatchObject({ apis: [], mappings: [], domains: [] });
  await cp.ok('DELETE', `/restapis/${apiId}`);
});
