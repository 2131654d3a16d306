/** API keys as the control plane answers: reference 09 sections 3.1, 4, 5 and 6; reference 06 section 2. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { readApiKeyRows, readCsv } from '../../src/control-plane/entities/api-key-csv.js';
import type { TestControlPlane } from './harness.js';
import { bad, conflicting, deployedApi, missing, wholeControlPlane, wrongOp, wrongPath } from './support.js';

let cp: TestControlPlane;
beforeEach(() => {
  cp = wholeControlPlane();
});

const create = (body: object = {}) => cp.ok('POST', '/apikeys', body);
const VALUE = '0123456789abcdefghij';
const names = async (query = ''): Promise<string[]> =>
  (await cp.ok('GET', `/apikeys${query}`)).item.map(({ name }: { name: string }) => name);

test('a key is disabled, has a value of its own and no name, unless told otherwise', async () => {
  const made = await create();
  expect(made).toEqual({
    id: expect.stringMatching(/^[a-z0-9]{10}$/),
    value: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
    enabled: false,
    stageKeys: [],
    createdDate: expect.any(Number),
    lastUpdatedDate: made.createdDate,
  });
  const given = {
    name: 'a',
    description: 'b',
    enabled: true,
    customerId: 'c',
    value: VALUE,
    tags: { t: 'u' },
  };
  expect(await create({ ...given, generateDistinctId: true })).toMatchObject(given);
  expect(await create({ name: '', value: '' })).not.toHaveProperty('name');
});

test('values are shown only to those who ask', async () => {
  const { id, value } = await create({ name: 'a' });
  expect(await cp.ok('GET', `/apikeys/${id}`)).not.toHaveProperty('value');
  expect(await cp.ok('GET', `/apikeys/${id}?includeValue=true`)).toMatchObject({ value, tags: {} });
  expect((await cp.ok('GET', '/apikeys')).item[0]).not.toHaveProperty('value');
  expect((await cp.ok('GET', '/apikeys')).item[0]).not.toHaveProperty('tags');
  expect((await cp.ok('GET', '/apikeys?includeValues=true')).item[0]).toMatchObject({ value });
});

describe('lists', () => {
  test('begin with the newest, and choose by the beginning of the name and by the customer', async () => {
    for (const name of ['alpha', 'beta', 'Alpha', 'alp']) await create({ name, customerId: name });
    expect(await names()).toEqual(['alp', 'Alpha', 'beta', 'alpha']);
    expect(await names('?name=alp')).toEqual(['alp', 'alpha']);
    expect(await names('?customerId=alp')).toEqual(['alp']);
    expect(await names('?limit=-1')).toHaveLength(4);
  });

  test('come in pages that meet each key once', async () => {
    for (let i = 0; i < 7; i++) await create({ name: `key${i}` });
    const seen: string[] = [];
    for (let query = '?limit=3'; query !== ''; ) {
      const { item, position } = await cp.ok('GET', `/apikeys${query}`);
      seen.push(...item.map(({ name }: { name: string }) => name));
      query = position === undefined ? '' : `?limit=3&position=${position}`;
    }
    expect(seen).toEqual(['key6', 'key5', 'key4', 'key3', 'key2', 'key1', 'key0']);
  });
});

describe('what is refused', () => {
  test.each([
    [{ value: 'x'.repeat(19) }, 'API Key value should be at least 20 characters'],
    [{ value: 'x'.repeat(129) }, 'API Key value exceeds maximum size of 128 characters'],
    [{ name: 'x'.repeat(1_025) }, 'Invalid API Key name, can be at most 1024 characters.'],
    [{ description: 'x'.repeat(125_001) }, 'Invalid API Key description specified.'],
  ])('a member that is too short or too long', async (body, message) => {
    expect(await cp.error('POST', '/apikeys', body)).toEqual(bad(message));
  });

  test('a value that is taken', async () => {
    await create({ value: VALUE });
    expect(await cp.error('POST', '/apikeys', { value: VALUE })).toEqual(
      conflicting('API Key already exists'),
    );
  });

  test('a key that is not there', async () => {
    const unknown = missing('Invalid API Key identifier specified');
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect(await cp.error(method, '/apikeys/nothere')).toEqual(unknown);
    }
  });

  test('a patch of anything else', async () => {
    const { id } = await create();
    expect(await cp.patchError(`/apikeys/${id}`, { op: 'replace', path: '/value', value: VALUE })).toEqual(
      wrongPath('/value', '/description, /enabled, /name, /customerId'),
    );
    expect(await cp.patchError(`/apikeys/${id}`, { op: 'remove', path: '/name' })).toEqual(
      wrongOp('/name', 'remove'),
    );
  });
});

test('a patch changes members and never shows the value', async () => {
  const { id, value: _, ...made } = await create({ name: 'a', description: 'b' });
  const changed = await cp.patch(
    `/apikeys/${id}`,
    { op: 'replace', path: '/name', value: 'c' },
    { op: 'replace', path: '/enabled', value: 'true' },
    { op: 'replace', path: '/customerId', value: 'd' },
    { op: 'replace', path: '/description', value: '' },
    { op: 'add', path: '/labels', value: 'e' },
  );
  const { description: _description, ...rest } = made;
  expect(changed).toEqual({
    ...rest,
    id,
    name: 'c',
    enabled: true,
    customerId: 'd',
    tags: {},
    lastUpdatedDate: expect.any(Number),
  });
});

test('a key can be bound to stages that exist, as it was done before usage plans', async () => {
  const api = await deployedApi(cp);
  const { id, stageKeys } = await create({ stageKeys: [{ restApiId: api, stageName: 'prod' }] });
  expect(stageKeys).toEqual([`${api}/prod`]);
  const one = `/apikeys/${id}`;
  const removed = await cp.patch(one, { op: 'remove', path: '/stages', value: `${api}/prod` });
  expect(removed.stageKeys).toEqual([]);
  const added = await cp.patch(one, { op: 'add', path: '/stages', value: `${api}/prod` });
  expect(added.stageKeys).toEqual([`${api}/prod`]);
  expect(await cp.patchError(one, { op: 'add', path: '/stages', value: `${api}/none` })).toEqual(
    missing('Invalid Stage identifier specified'),
  );
  expect((await cp.patchError(one, { op: 'add', path: '/stages', value: 'x' }))[0]).toBe(400);
});

describe('an import of CSV', () => {
  const LONG = 'abcdefghij0123456789abcdefghij';
  const upload = (text: string, query = '') =>
    cp.call('POST', `/apikeys?mode=import&format=csv${query}`, text);

  test('makes keys, enabled unless the file says otherwise, and puts them into plans', async () => {
    const plan = await cp.ok('POST', '/usageplans', { name: 'p' });
    const file = `Name,KEY,description,Enabled,usageplanIds,other\r\nfirst,${LONG}1,"a, ""b""",,"${plan.id}",x\nsecond,${LONG}2,,FALSE,,\n`;
    const { status, json } = await upload(file);
    expect(status).toBe(201);
    expect(json).toEqual({ ids: [expect.any(String), expect.any(String)] });
    expect((await cp.ok('GET', '/apikeys?includeValues=true')).item).toMatchObject([
      { name: 'second', value: `${LONG}2`, enabled: false },
      { name: 'first', value: `${LONG}1`, enabled: true, description: 'a, "b"' },
    ]);
    const { item } = await cp.ok('GET', `/usageplans/${plan.id}/keys`);
    expect(item.map(({ id }: { id: string }) => id)).toEqual([json.ids[0]]);
  });

  test('overwrites the key that has the value already', async () => {
    const { id } = await create({ name: 'old', value: LONG, customerId: 'c' });
    expect((await upload(`key,name\n${LONG},new`)).json).toEqual({ ids: [id] });
    expect((await cp.ok('GET', '/apikeys')).item).toMatchObject([{ id, name: 'new', customerId: 'c' }]);
  });

  test('tells which lines it left out, and takes nothing when that is to be a failure', async () => {
    const file = `key,name,usageplanids\nshort,a,\n${LONG},b,nothere\n`;
    const refused = await upload(file, '&failonwarnings=true');
    expect([refused.status, await names()]).toEqual([400, []]);
    const { status, json } = await upload(file);
    expect(status).toBe(201);
    expect(json).toEqual({
      ids: [expect.any(String)],
      warnings: [
        'Line 2: API Key value should be at least 30 characters',
        'Line 3: Invalid Usage Plan ID specified: nothere',
      ],
    });
    expect(await names()).toEqual(['b']);
  });

  test.each([
    ['without its columns', 'a,b\n1,2'],
    ['without anything', ''],
    ['with a quotation mark that nothing closes', 'key,name\n"abc,d'],
    ['with text after a quotation', 'key,name\n"abc"d,e'],
  ])('%s is refused', async (_, file) => {
    expect((await upload(file)).status).toBe(400);
  });

  test('knows no other format', async () => {
    const [, type, message] = await cp.error('POST', '/apikeys?mode=import&format=xml', 'x');
    expect([type, message]).toEqual([
      'ValidationException',
      "1 validation error detected: Value 'xml' at 'format' failed to satisfy constraint: Member must satisfy enum value set: [csv]",
    ]);
  });
});

describe('CSV', () => {
  test('reads back whatever was written, quoted as need be', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', "'", '\n', '\r', 'ä') });
    const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), (written, end) => {
        const text = written
          .map((row) =>
            row.map((one) => (/[,"'\r\n]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one)).join(','),
          )
          .join(end);
        const lines = written.filter((row) => row.length > 1 || row[0] !== '');
        expect(readCsv(text)).toEqual(lines);
      }),
    );
  });

  test('takes single quotes around a list of plans, and an apostrophe as one', () => {
    const [row] = readApiKeyRows("name,key,usageplanids,description\n'tis,k,'a, b',it's");
    expect(row).toEqual({
      row: 2,
      name: "'tis",
      key: 'k',
      usagePlanIds: ['a', 'b'],
      description: "it's",
      enabled: true,
    });
  });

  test('of megabytes is read at once', () => {
    const line = `'a,"b""c",${'d'.repeat(50)}\n`;
    expect(readCsv(line.repeat(50_000))).toHaveLength(50_000);
    expect(() => readCsv('"'.repeat(3_000_001))).toThrow('quotation mark');
  });
});
