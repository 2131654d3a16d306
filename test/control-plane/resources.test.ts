/** The resource tree as the control plane answers: reference 09 sections 3.1, 5 and 6. */
import { beforeEach, describe, expect, test } from 'vitest';
import { newControlPlane, type TestControlPlane } from './harness.js';

let cp: TestControlPlane;
let api: string;
let root: string;
beforeEach(async () => {
  cp = newControlPlane();
  const made = await cp.ok('POST', '/restapis', { name: 'shop' });
  api = `/restapis/${made.id}`;
  root = made.rootResourceId;
});

const create = async (pathPart: string, parent = root): Promise<string> =>
  (await cp.ok('POST', `${api}/resources/${parent}`, { pathPart })).id;
const refused = (pathPart: string, parent = root) =>
  cp.error('POST', `${api}/resources/${parent}`, { pathPart });
const paths = async (): Promise<string[]> =>
  (await cp.ok('GET', `${api}/resources`)).item.map(({ path }: { path: string }) => path);

const bad = (message: string) => [400, 'BadRequestException', message];
const unknown = [404, 'NotFoundException', 'Invalid Resource identifier specified'];

test('a new API has its root and nothing else', async () => {
  expect(await cp.ok('GET', `${api}/resources`)).toEqual({ item: [{ id: root, path: '/' }] });
});

test('a resource knows its parent and its path', async () => {
  const pets = await cp.ok('POST', `${api}/resources/${root}`, { pathPart: 'pets' });
  expect(pets).toEqual({
    id: expect.stringMatching(/^[a-z0-9]{6}$/),
    parentId: root,
    path: '/pets',
    pathPart: 'pets',
  });
  const pet = await cp.ok('POST', `${api}/resources/${pets.id}`, { pathPart: '{id}' });
  expect(pet.path).toBe('/pets/{id}');
  expect(await cp.ok('GET', `${api}/resources/${pet.id}`)).toEqual(pet);
});

describe('what cannot stand in a tree', () => {
  test('the same part twice', async () => {
    await create('pets');
    expect(await refused('pets')).toEqual([
      409,
      'ConflictException',
      'Another resource with the same parent already has this name: pets',
    ]);
  });

  test('a second variable', async () => {
    await create('{id}');
    const message =
      'A sibling ({id}) of this resource already has a variable path part -- only one is allowed';
    expect(await refused('{name}')).toEqual(bad(message));
    expect(await refused('{proxy+}')).toEqual(bad(message));
  });

  test('a child of a greedy variable', async () => {
    const greedy = await create('{proxy+}');
    expect(await refused('more', greedy)).toEqual(
      bad('Cannot create a child of a resource with a greedy path variable: {proxy+}'),
    );
  });

  test.each(['', 'a/b', 'a b', '{}', '{a', 'x{a}', '{a+}{b}', '{a b}'])('the part %j', async (part) => {
    expect((await refused(part))[0]).toBe(400);
  });

  test('a child of nothing, in an API or in none', async () => {
    expect(await refused('pets', 'nothere')).toEqual(unknown);
    expect(await cp.error('POST', '/restapis/nothere/resources/x', { pathPart: 'a' })).toEqual(unknown);
    expect(await cp.error('GET', '/restapis/nothere/resources')).toEqual(unknown);
    expect(await cp.error('GET', '/restapis/nothere/resources/x')).toEqual(unknown);
  });
});

test('deleting a resource takes everything below it, and what only looks like it stays', async () => {
  const pets = await create('pets');
  const pet = await create('{id}', pets);
  await create('food', pet);
  await create('petshop');
  await cp.ok('DELETE', `${api}/resources/${pets}`);
  expect((await paths()).sort()).toEqual(['/', '/petshop']);
  expect(await cp.error('GET', `${api}/resources/${pet}`)).toEqual(unknown);
});

describe('moving and renaming', () => {
  const patch = (id: string, ...operations: object[]) => cp.patch(`${api}/resources/${id}`, ...operations);
  const patchError = (id: string, ...operations: object[]) =>
    cp.patchError(`${api}/resources/${id}`, ...operations);

  test('rewrite the paths of everything below', async () => {
    const pets = await create('pets');
    const pet = await create('{id}', pets);
    await create('food', pet);
    const shop = await create('shop');
    await patch(pets, { op: 'replace', path: '/pathPart', value: 'animals' });
    expect((await paths()).sort()).toEqual(['/', '/animals', '/animals/{id}', '/animals/{id}/food', '/shop']);
    const moved = await patch(pets, { op: 'replace', path: '/parentId', value: shop });
    expect(moved).toMatchObject({ parentId: shop, path: '/shop/animals' });
    expect(await paths()).toContain('/shop/animals/{id}/food');
  });

  test('never below themselves', async () => {
    const pets = await create('pets');
    const pet = await create('{id}', pets);
    const cyclical = bad('Resources cannot be cyclical.');
    expect(await patchError(pets, { op: 'replace', path: '/parentId', value: pet })).toEqual(cyclical);
    expect(await patchError(pets, { op: 'replace', path: '/parentId', value: pets })).toEqual(cyclical);
  });

  test('never the root', async () => {
    expect(await patchError(root, { op: 'replace', path: '/pathPart', value: 'a' })).toEqual(
      bad('Root resource cannot update its pathPart.'),
    );
    expect(await patchError(root, { op: 'replace', path: '/parentId', value: root })).toEqual(
      bad('Root resource cannot update its parentId.'),
    );
  });

  test('only these two, and the operation is looked at before the path', async () => {
    const pets = await create('pets');
    expect(await patchError(pets, { op: 'replace', path: '/path' })).toEqual(
      bad("Invalid patch path  '/path' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"),
    );
    expect(await patchError(pets, { op: 'add', path: '/pathPart', value: 'a' })).toEqual(
      bad("Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations"),
    );
    expect(await patchError(pets, { op: 'remove', path: '/nothing' })).toEqual(
      bad("Invalid patch path  '/nothing' specified for op 'remove'. Please choose supported operations"),
    );
  });
});

test('methods are shown empty, and whole when they are asked for', async () => {
  const pets = await create('pets');
  await cp.ok('PUT', `${api}/resources/${pets}/methods/GET`, { authorizationType: 'NONE' });
  const listed = (await cp.ok('GET', `${api}/resources`)).item.find(({ id }: { id: string }) => id === pets);
  expect(listed.resourceMethods).toEqual({ GET: {} });
  const embedded = await cp.ok('GET', `${api}/resources/${pets}?embed=methods`);
  expect(embedded.resourceMethods.GET).toEqual({
    apiKeyRequired: false,
    authorizationType: 'NONE',
    httpMethod: 'GET',
  });
});
