/** Documentation parts and versions as the control plane answers: reference 09 sections 3.1, 5 and 6; reference 08 section 4. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestControlPlane } from './harness.js';
import {
  bad,
  conflicting,
  deployedApi,
  missing,
  unknownApi,
  wholeControlPlane,
  wrongOp,
  wrongPath,
} from './support.js';

let cp: TestControlPlane;
let api: string;
let parts: string;
let versions: string;
beforeEach(async () => {
  cp = wholeControlPlane();
  api = `/restapis/${await deployedApi(cp)}`;
  parts = `${api}/documentation/parts`;
  versions = `${api}/documentation/versions`;
});

const METHOD = { type: 'METHOD', path: '/pets', method: 'GET' };
const create = (location: object, properties = '{"description":"x"}') =>
  cp.ok('POST', parts, { location, properties });

describe('parts', () => {
  test('hold the members of the location that were given, and their properties as text', async () => {
    const made = await create(METHOD);
    expect(made).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{6}$/),
      location: METHOD,
      properties: '{"description":"x"}',
    });
    expect(await cp.ok('GET', `${parts}/${made.id}`)).toEqual(made);
    const changed = await cp.patch(`${parts}/${made.id}`, {
      op: 'replace',
      path: '/properties',
      value: '{}',
    });
    expect(changed).toEqual({ ...made, properties: '{}' });
    expect((await cp.call('DELETE', `${parts}/${made.id}`)).status).toBe(202);
    expect(await cp.ok('GET', parts)).toEqual({ item: [] });
  });

  test('one place has one part', async () => {
    await create({ type: 'API' });
    expect(await cp.error('POST', parts, { location: { type: 'API' }, properties: '{}' })).toEqual(
      conflicting("Documentation part already exists for the specified location: type 'API'"),
    );
    await create(METHOD);
    await create({ ...METHOD, method: 'POST' });
    expect((await cp.error('POST', parts, { location: METHOD, properties: '{}' }))[2]).toContain(
      "type 'METHOD', path '/pets', method 'GET'",
    );
  });

  test('are found by type, path, name, and whether they say anything', async () => {
    await create({ type: 'API' }, ' { } ');
    await create(METHOD);
    await create({ type: 'MODEL', name: 'Pet' });
    const types = async (query: string): Promise<string[]> =>
      (await cp.ok('GET', `${parts}?${query}`)).item.map(
        ({ location }: { location: { type: string } }) => location.type,
      );
    expect(await types('type=METHOD')).toEqual(['METHOD']);
    expect(await types('path=/pets')).toEqual(['METHOD']);
    expect(await types('name=Pet')).toEqual(['MODEL']);
    expect(await types('locationStatus=UNDOCUMENTED')).toEqual(['API']);
    expect(await types('locationStatus=DOCUMENTED')).toEqual(['METHOD', 'MODEL']);
    expect((await cp.error('GET', `${parts}?type=NOTHING`))[1]).toBe('ValidationException');
  });

  test('without content, or with what is no object, are refused', async () => {
    const empty = bad('Documentation part properties must be non-empty');
    expect(await cp.error('POST', parts, { location: METHOD, properties: '' })).toEqual(empty);
    const { id } = await create(METHOD);
    expect(await cp.patchError(`${parts}/${id}`, { op: 'replace', path: '/properties' })).toEqual(empty);
    for (const properties of ['text', '[]', 'null', '{']) {
      expect((await cp.error('POST', parts, { location: { type: 'API' }, properties }))[0]).toBe(400);
    }
  });

  test('of a type that is none are refused by the front end', async () => {
    expect(await cp.error('POST', parts, { location: { type: 'INVALID' }, properties: '{}' })).toEqual([
      400,
      'ValidationException',
      "1 validation error detected: Value 'INVALID' at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER]",
    ]);
  });

  test('only properties can be replaced', async () => {
    const { id } = await create(METHOD);
    expect(await cp.patchError(`${parts}/${id}`, { op: 'replace', path: '/location' })).toEqual(
      wrongPath('/location', '/properties'),
    );
    expect(await cp.patchError(`${parts}/${id}`, { op: 'add', path: '/location' })).toEqual(
      wrongOp('/location', 'add'),
    );
  });

  test('an unknown API is named by lists, creates and deletes', async () => {
    const elsewhere = '/restapis/nothere/documentation/parts';
    const unknown = missing('Invalid Documentation part identifier specified');
    expect(await cp.error('GET', elsewhere)).toEqual(unknownApi('nothere'));
    expect(await cp.error('POST', elsewhere, { location: METHOD, properties: '{}' })).toEqual(
      unknownApi('nothere'),
    );
    expect(await cp.error('DELETE', `${elsewhere}/abc`)).toEqual(unknownApi('nothere'));
    expect(await cp.error('GET', `${elsewhere}/abc`)).toEqual(unknown);
    expect(await cp.patchError(`${elsewhere}/abc`)).toEqual(unknown);
    expect(await cp.error('DELETE', `${parts}/abc`)).toEqual(unknown);
  });
});

describe('an import', () => {
  const document = (...locations: object[]) => ({
    swagger: '2.0',
    info: { title: 'shop', version: '1' },
    paths: {},
    'x-amazon-apigateway-documentation': {
      version: '1',
      documentationParts: locations.map((location) => ({ location, properties: { description: 'new' } })),
    },
  });

  test('merges by place, and an overwrite makes all anew', async () => {
    const kept = await create({ type: 'API' });
    const replaced = await create(METHOD);
    const merged = await cp.ok('PUT', parts, document(METHOD, { type: 'MODEL', name: 'Pet' }));
    expect(merged).toEqual({ ids: [replaced.id, expect.any(String)] });
    const { item } = await cp.ok('GET', parts);
    expect(item).toHaveLength(3);
    expect(item[0]).toEqual(kept);
    expect(item[1]).toEqual({ ...replaced, properties: '{"description":"new"}' });

    const { ids } = await cp.ok('PUT', `${parts}?mode=overwrite`, document(METHOD));
    expect(ids).not.toContain(replaced.id);
    expect((await cp.ok('GET', parts)).item.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  test('tells what it left out, and takes nothing when that is to be a failure', async () => {
    const odd = document(METHOD, { type: 'NOTHING' });
    const [status, , message] = await cp.error('PUT', `${parts}?failonwarnings=true`, odd);
    expect([status, message]).toEqual([400, expect.stringContaining('NOTHING')]);
    expect(await cp.ok('GET', parts)).toEqual({ item: [] });
    expect(await cp.ok('PUT', parts, odd)).toEqual({
      ids: [expect.any(String)],
      warnings: [expect.stringContaining('NOTHING')],
    });
  });

  test.each(['', 'text', '{"swagger":"2.0"}'])('of %j is refused', async (body) => {
    expect(await cp.error('PUT', parts, body)).toEqual(bad('Unable to build importer with provided input.'));
  });
});

describe('versions', () => {
  const createVersion = (documentationVersion: string, more: object = {}) =>
    cp.ok('POST', versions, { documentationVersion, ...more });

  test('are shown without the parts they keep', async () => {
    await create(METHOD);
    const made = await createVersion('1.0');
    expect(made).toEqual({ version: '1.0', createdDate: expect.any(Number) });
    expect(await cp.ok('GET', `${versions}/1.0`)).toEqual(made);
    const changed = await cp.patch(`${versions}/1.0`, {
      op: 'replace',
      path: '/description',
      value: 'first',
    });
    expect(changed).toEqual({ ...made, description: 'first' });
    expect(await cp.ok('GET', versions)).toEqual({ item: [changed] });
    expect(await cp.error('POST', versions, { documentationVersion: '1.0' })).toEqual(
      conflicting('Documentation version already exists: 1.0'),
    );
    expect(await cp.patchError(`${versions}/1.0`, { op: 'replace', path: '/version' })).toEqual(
      wrongPath('/version', '/description'),
    );
  });

  test('a stage that is named gets the version, and loses it with it', async () => {
    await createVersion('1.0', { stageName: 'prod' });
    expect(await cp.ok('GET', `${api}/stages/prod`)).toMatchObject({ documentationVersion: '1.0' });
    expect((await cp.call('DELETE', `${versions}/1.0`)).status).toBe(202);
    expect(await cp.ok('GET', `${api}/stages/prod`)).not.toHaveProperty('documentationVersion');
    expect(await cp.error('POST', versions, { documentationVersion: '2', stageName: 'none' })).toEqual(
      missing('Invalid Stage identifier specified'),
    );
    expect(await cp.error('GET', `${versions}/2`)).toEqual(
      missing('Invalid Documentation version specified'),
    );
  });
});
