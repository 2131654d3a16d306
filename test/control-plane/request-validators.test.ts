/** Request validators as the control plane answers: reference 09 sections 3.1, 5 and 6. */
import { beforeEach, expect, test } from 'vitest';
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
let api: string;
let root: string;
let list: string;
beforeEach(async () => {
  cp = wholeControlPlane();
  ({ id: api, rootResourceId: root } = await cp.ok('POST', '/restapis', { name: 'shop' }));
  list = `/restapis/${api}/requestvalidators`;
});

test('a validator checks nothing unless told so', async () => {
  const made = await cp.ok('POST', list, { name: 'none' });
  expect(made).toEqual({
    id: expect.stringMatching(/^[a-z0-9]{6}$/),
    name: 'none',
    validateRequestBody: false,
    validateRequestParameters: false,
  });
  expect(await cp.ok('GET', `${list}/${made.id}`)).toEqual(made);
  const full = await cp.ok('POST', list, {
    name: 'full',
    validateRequestBody: true,
    validateRequestParameters: true,
  });
  expect(full).toMatchObject({ validateRequestBody: true, validateRequestParameters: true });
  expect(await cp.ok('GET', list)).toEqual({ item: [made, full] });
});

test('values of a patch are text: only "true" is true, and none at all is false', async () => {
  const { id } = await cp.ok('POST', list, { name: 'a', validateRequestBody: true });
  const replace = (member: string, value?: string) =>
    cp.patch(`${list}/${id}`, { op: 'replace', path: `/${member}`, value });
  expect(await replace('validateRequestParameters', 'true')).toMatchObject({
    validateRequestParameters: true,
  });
  expect(await replace('validateRequestParameters', 'TRUE')).toMatchObject({
    validateRequestParameters: false,
  });
  expect(await replace('validateRequestBody')).toMatchObject({ validateRequestBody: false });
  expect(await replace('name', 'b')).toMatchObject({ name: 'b' });
});

test('a blank name is refused', async () => {
  const blank = bad('Request Validator name cannot be blank');
  expect(await cp.error('POST', list, {})).toEqual(blank);
  expect(await cp.error('POST', list, { name: ' ' })).toEqual(blank);
  const { id } = await cp.ok('POST', list, { name: 'a' });
  expect(await cp.patchError(`${list}/${id}`, { op: 'replace', path: '/name' })).toEqual(blank);
});

test('other paths and operations are refused', async () => {
  const { id } = await cp.ok('POST', list, { name: 'a' });
  expect(await cp.patchError(`${list}/${id}`, { op: 'replace', path: '/id', value: 'x' })).toEqual(
    wrongPath('/id', '/name, /validateRequestParameters, /validateRequestBody'),
  );
  expect(await cp.patchError(`${list}/${id}`, { op: 'remove', path: '/name' })).toEqual(
    wrongOp('/name', 'remove'),
  );
});

test('an unknown API is worded differently by each call', async () => {
  const elsewhere = '/restapis/nothere/requestvalidators';
  expect(await cp.error('POST', elsewhere, { name: 'a' })).toEqual(
    bad('Invalid REST API identifier specified'),
  );
  expect(await cp.error('GET', elsewhere)).toEqual(unknownApi('nothere'));
  for (const path of [`${elsewhere}/abc`, `${list}/abc`]) {
    const unknown = missing('Invalid Request Validator identifier specified');
    expect(await cp.error('GET', path)).toEqual(unknown);
    expect(await cp.error('DELETE', path)).toEqual(unknown);
    expect(await cp.patchError(path)).toEqual(unknown);
  }
});

test('a validator that a method relies on stays, so that the method never lets everything pass', async () => {
  const { id } = await cp.ok('POST', list, { name: 'full', validateRequestBody: true });
  const method = await putMethod(cp, api, root, { requestValidatorId: id });
  expect(await cp.error('DELETE', `${list}/${id}`)).toEqual(
    conflicting("Cannot delete request validator 'full', is referenced in method: GET//"),
  );
  await cp.ok('DELETE', method);
  expect((await cp.call('DELETE', `${list}/${id}`)).status).toBe(202);
  expect((await cp.error('GET', `${list}/${id}`))[0]).toBe(404);
});
