/** Models as the control plane answers: reference 09 sections 3.1, 5 and 6. */
import { beforeEach, describe, expect, test } from 'vitest';
import { compileTemplate } from '../../src/templates/template.js';
import { scopeOf } from '../templates/scope.js';
import type { TestControlPlane } from './harness.js';
import {
  bad,
  conflicting,
  missing,
  putMethod,
  unknownApi,
  wholeControlPlane,
  wrongOp,
  wrongPath,
} from './support.js';

let cp: TestControlPlane;
let id: string;
let root: string;
let models: string;
beforeEach(async () => {
  cp = wholeControlPlane();
  ({ id, rootResourceId: root } = await cp.ok('POST', '/restapis', { name: 'shop' }));
  models = `/restapis/${id}/models`;
});

const SCHEMA = '{"type":"object","properties":{"name":{"type":"string"}}}';
const create = (name: string, schema: unknown = SCHEMA, more: object = {}) =>
  cp.ok('POST', models, { name, contentType: 'application/json', schema, ...more });
const refer = (name: string) => ({ $ref: `https://apigateway.amazonaws.com/restapis/${id}/models/${name}` });

test('a model is shown as it was given, its schema as text', async () => {
  const made = await create('Pet', SCHEMA, { description: 'An animal' });
  expect(made).toEqual({
    id: expect.stringMatching(/^[a-z0-9]{6}$/),
    name: 'Pet',
    description: 'An animal',
    contentType: 'application/json',
    schema: SCHEMA,
  });
  expect(await cp.ok('GET', `${models}/Pet`)).toEqual(made);
  expect((await cp.ok('GET', models)).item.map(({ name }: { name: string }) => name)).toEqual([
    'Error',
    'Empty',
    'Pet',
  ]);
});

test('an empty description is none, when it is created and when it is patched', async () => {
  expect(await create('Pet', SCHEMA, { description: '' })).not.toHaveProperty('description');
  await create('Food', SCHEMA, { description: 'Eaten' });
  const patched = await cp.patch(`${models}/Food`, { op: 'replace', path: '/description', value: '' });
  expect(patched).not.toHaveProperty('description');
});

describe('what is refused', () => {
  const refused = (name: string, schema: unknown) =>
    cp.error('POST', models, { name, contentType: 'application/json', schema });
  const invalid = expect.stringMatching(
    /^Invalid model specified: Validation Result: warnings : \[\], errors : \[Invalid model schema specified\. .+\]$/,
  );

  test('a name that is empty, taken, or no word', async () => {
    expect(await refused('', SCHEMA)).toEqual(bad('Model name must be non-empty'));
    await create('Pet');
    expect(await refused('Pet', SCHEMA)).toEqual(conflicting('Model name already exists for this REST API'));
    expect(await refused('my-pet', SCHEMA)).toEqual(bad('Model name must be alphanumeric: my-pet'));
  });

  test.each([[undefined], [''], [null]])('the schema %j', async (schema) => {
    expect(await refused('Pet', schema)).toEqual(
      bad('Model schema must have at least 1 property or array items defined'),
    );
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['nested beyond all reason', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['an object nested beyond all reason', `${'{"not":'.repeat(10_000)}{}${'}'.repeat(10_000)}`],
    ['huge', JSON.stringify({ type: 'object', title: 'x'.repeat(400 * 1024) })],
  ])('a schema that is %s', async (_, schema) => {
    expect(await refused('Pet', schema)).toEqual([400, 'BadRequestException', invalid]);
  });

  test('a schema without properties is not', async () => {
    await create('Anything', '{"type":"object"}');
  });

  test('a name or a media type that is missing', async () => {
    const [status, type, message] = await cp.error('POST', models, {});
    expect([status, type]).toEqual([400, 'ValidationException']);
    expect(message).toBe(
      "2 validation errors detected: Value null at 'createModelInput.name' failed to satisfy constraint: Member must not be null; Value null at 'createModelInput.contentType' failed to satisfy constraint: Member must not be null",
    );
  });
});

test('an unknown API is named by lists and creates, and the model by what is about one model', async () => {
  const elsewhere = '/restapis/nothere/models';
  expect(await cp.error('GET', elsewhere)).toEqual(unknownApi('nothere'));
  expect(await cp.error('POST', elsewhere, { name: 'A', contentType: 'a/b', schema: '{}' })).toEqual(
    unknownApi('nothere'),
  );
  for (const path of [`${elsewhere}/Pet`, `${models}/Pet`]) {
    const unknown = missing('Invalid model name specified: Pet');
    expect(await cp.error('GET', path)).toEqual(unknown);
    expect(await cp.error('DELETE', path)).toEqual(unknown);
    expect(await cp.patchError(path)).toEqual(unknown);
    expect(await cp.error('GET', `${path}/default_template`)).toEqual(unknown);
  }
});

test('only description and schema can be replaced', async () => {
  await create('Pet');
  const patch = (operation: object) => cp.patchError(`${models}/Pet`, operation);
  expect(await patch({ op: 'replace', path: '/name', value: 'x' })).toEqual(
    wrongPath('/name', '/description, /schema'),
  );
  expect(await patch({ op: 'add', path: '/schema', value: '{}' })).toEqual(wrongOp('/schema', 'add'));
  expect(await patch({ op: 'replace', path: '/schema', value: '' })).toEqual(
    bad('Model schema must have at least 1 property or array items defined'),
  );
  const changed = await cp.patch(`${models}/Pet`, { op: 'replace', path: '/schema', value: '{"a":1}' });
  expect(changed.schema).toBe('{"a":1}');
});

describe('a model in use stays', () => {
  test('by a request, with the root written with two slashes', async () => {
    await create('Pet');
    const method = await putMethod(cp, id, root, { requestModels: { 'application/json': 'Pet' } });
    expect(await cp.error('DELETE', `${models}/Pet`)).toEqual(
      conflicting("Cannot delete model 'Pet', is referenced in method request: //GET"),
    );
    await cp.patch(method, { op: 'remove', path: '/requestModels/application~1json' });
    expect((await cp.call('DELETE', `${models}/Pet`)).status).toBe(202);
  });

  test('by a response, and by another model', async () => {
    await create('Pet');
    const method = await putMethod(cp, id, root);
    await cp.ok('PUT', `${method}/responses/200`, { responseModels: { 'application/json': 'Pet' } });
    expect((await cp.error('DELETE', `${models}/Pet`))[0]).toBe(409);
    await create('Food');
    await create('Bowl', JSON.stringify({ type: 'array', items: refer('Food') }));
    expect((await cp.error('DELETE', `${models}/Food`))[0]).toBe(409);
  });
});

describe('flattened', () => {
  const flat = async (name: string) =>
    JSON.parse((await cp.ok('GET', `${models}/${name}?flatten=true`)).schema);

  test('a model brings those it refers to, once each, circles included', async () => {
    await create('Food', JSON.stringify({ type: 'object', properties: { eater: refer('Pet') } }));
    await create('Pet', JSON.stringify({ type: 'object', properties: { food: refer('Food') } }));
    expect(await flat('Pet')).toEqual({
      type: 'object',
      properties: { food: { $ref: '#/definitions/Food' } },
      definitions: {
        Food: { type: 'object', properties: { eater: { $ref: '#/definitions/Pet' } } },
        Pet: { type: 'object', properties: { food: { $ref: '#/definitions/Food' } } },
      },
    });
    expect((await cp.ok('GET', `${models}/Pet`)).schema).toContain('https://');
  });

  test('references inside a model that moves move with it', async () => {
    const tags = { items: { $ref: '#/definitions/Tag' }, definitions: { Tag: { type: 'string' } } };
    await create('Tags', JSON.stringify(tags));
    await create('Pet', JSON.stringify({ properties: { tags: refer('Tags') } }));
    expect((await flat('Pet')).definitions.Tags.items.$ref).toBe('#/definitions/Tags/definitions/Tag');
    expect((await flat('Tags')).items.$ref).toBe('#/definitions/Tag');
  });

  test('a model that needs no others stays as it is', async () => {
    await create('Pet');
    expect(await flat('Pet')).toEqual(JSON.parse(SCHEMA));
  });
});

describe('the sample template', () => {
  const template = async (name: string): Promise<string> =>
    (await cp.ok('GET', `${models}/${name}/default_template`)).value;

  test('writes a body of the form it reads', async () => {
    await create('Tag', '{"type":"string"}');
    await create(
      'Pet',
      JSON.stringify({
        type: 'object',
        properties: {
          name: { type: 'string' },
          age: { type: 'integer' },
          home: { type: 'object', properties: { city: { type: 'string' } } },
          tags: { type: 'array', items: refer('Tag') },
          visits: { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
          'e-mail address': { type: 'string' },
        },
      }),
    );
    const pet = {
      name: 'Rex',
      age: 3,
      home: { city: 'Ulm' },
      tags: ['a', 'b'],
      visits: [[1, 2], [3]],
      'e-mail address': 'rex@example.org',
    };
    const rendered = compileTemplate(await template('Pet')).render(scopeOf({ body: JSON.stringify(pet) }));
    expect(JSON.parse(rendered)).toEqual(pet);
  });

  test('of models inside themselves, or that fan out, ends', async () => {
    await create('Tree', JSON.stringify({ type: 'object', properties: { left: refer('Tree') } }));
    expect(await template('Tree')).toBe('#set($inputRoot = $input.path(\'$\'))\n{\n  "left" : { }\n}');
    for (let i = 0; i < 12; i++) {
      const properties = Object.fromEntries([...'abcdefgh'].map((key) => [key, refer(`Fan${i + 1}`)]));
      await create(`Fan${i}`, JSON.stringify({ type: 'object', properties }));
    }
    await create('Fan12', '{"type":"string"}');
    expect((await template('Fan0')).length).toBeLessThan(1_000_000);
  });
});
