/** VPC links, the account, tags, SDK types and the operations that make no sense here: reference 09 sections 2, 3.1, 5, 6. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestControlPlane } from './harness.js';
import { bad, deployedApi, missing, wholeControlPlane, wrongOp, wrongPath } from './support.js';

let cp: TestControlPlane;
beforeEach(() => {
  cp = wholeControlPlane();
});

describe('VPC links', () => {
  const ARN = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/a/b';
  const create = (body: object = {}) =>
    cp.call('POST', '/vpclinks', { name: 'link', targetArns: [ARN], ...body });

  test('are pending when they are made, and ready when one looks again', async () => {
    const { status, json: made } = await create();
    expect([status, made]).toEqual([
      202,
      {
        id: expect.stringMatching(/^[a-z0-9]{6}$/),
        name: 'link',
        targetArns: [ARN],
        status: 'PENDING',
      },
    ]);
    const ready = { ...made, status: 'AVAILABLE', statusMessage: 'Your vpc link is ready for use' };
    expect(await cp.ok('GET', `/vpclinks/${made.id}`)).toEqual({ ...ready, tags: {} });
    expect(await cp.ok('GET', '/vpclinks')).toEqual({ item: [ready] });
    const changed = await cp.patch(`/vpclinks/${made.id}`, { op: 'replace', path: '/name', value: 'x' });
    expect(changed).toEqual({ ...ready, name: 'x', tags: {} });
    expect((await cp.call('DELETE', `/vpclinks/${made.id}`)).status).toBe(202);
    expect(await cp.error('GET', `/vpclinks/${made.id}`)).toEqual(
      missing('Invalid Vpc Link identifier specified'),
    );
  });

  test('without a name, or to what is no ARN, are refused', async () => {
    const refused = async (body: object) => {
      const { status, json } = await create(body);
      return [status, json.message];
    };
    expect(await refused({ name: '' })).toEqual([400, 'Name cannot be empty']);
    expect(await refused({ targetArns: ['x'] })).toEqual([400, 'Invalid ARN. ARN is not well formed x']);
    expect((await refused({ targetArns: [] }))[0]).toBe(400);
    expect((await refused({ targetArns: [null] }))[0]).toBe(400);
  });

  test('change their name and description only', async () => {
    const { id } = (await create()).json;
    expect(await cp.patchError(`/vpclinks/${id}`, { op: 'replace', path: '/targetArns' })).toEqual(
      wrongPath('/targetArns', '/name, /description'),
    );
    expect(await cp.patchError(`/vpclinks/${id}`, { op: 'add', path: '/name' })).toEqual(
      wrongOp('/name', 'add'),
    );
    expect(await cp.patchError(`/vpclinks/${id}`, { op: 'replace', path: '/name', value: '' })).toEqual(
      bad('Name cannot be empty'),
    );
  });
});

describe('the account', () => {
  const ACCOUNT = {
    throttleSettings: { burstLimit: 5_000, rateLimit: 10_000 },
    features: ['UsagePlans'],
    apiKeyVersion: '4',
  };
  const ROLE = 'arn:aws:iam::123456789012:role/logs';

  test('has usage plans, and a role once it was given one', async () => {
    expect(await cp.ok('GET', '/account')).toEqual(ACCOUNT);
    const withRole = { ...ACCOUNT, cloudwatchRoleArn: ROLE };
    const patch = (value: string) =>
      cp.patch('/account', { op: 'replace', path: '/cloudwatchRoleArn', value });
    expect(await patch(ROLE)).toEqual(withRole);
    expect(await cp.ok('GET', '/account')).toEqual(withRole);
    expect(await patch('')).toEqual(ACCOUNT);
    await cp.patch('/account', { op: 'add', path: '/features', value: 'UsagePlans' });
  });

  test('keeps usage plans, and takes nothing odd', async () => {
    const refused = (operation: object) => cp.patchError('/account', operation);
    expect(await refused({ op: 'remove', path: '/features', value: 'UsagePlans' })).toEqual(
      bad('Usage Plans cannot be disabled once enabled'),
    );
    expect((await refused({ op: 'add', path: '/features', value: 'x' }))[0]).toBe(400);
    expect((await refused({ op: 'replace', path: '/cloudwatchRoleArn', value: 'x' }))[0]).toBe(400);
    expect((await refused({ op: 'replace', path: '/apiKeyVersion', value: '5' }))[0]).toBe(400);
  });
});

describe('tags', () => {
  const tagsOf = (arn: string) => `/tags/${encodeURIComponent(arn)}`;

  test('are kept by everything that has an ARN', async () => {
    const api = await deployedApi(cp);
    const targetArns = ['arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/net/a/b'];
    const paths = [
      `/restapis/${api}`,
      `/restapis/${api}/stages/prod`,
      `/apikeys/${(await cp.ok('POST', '/apikeys')).id}`,
      `/usageplans/${(await cp.ok('POST', '/usageplans', { name: 'a' })).id}`,
      `/vpclinks/${(await cp.ok('POST', '/vpclinks', { name: 'a', targetArns })).id}`,
      `/clientcertificates/${(await cp.ok('POST', '/clientcertificates')).clientCertificateId}`,
      `/domainnames/${(await cp.ok('POST', '/domainnames', { domainName: 'a.example.org' })).domainName}`,
    ];
    for (const path of paths) {
      const tags = tagsOf(`arn:aws:apigateway:eu-central-1::${path}`);
      expect(await cp.ok('GET', tags)).toEqual({ tags: {} });
      const put = await cp.call('PUT', tags, { tags: { a: '1', b: '2', c: '3' } });
      expect([put.status, put.text]).toEqual([204, '']);
      await cp.ok('PUT', tags, { tags: { b: 'two' } });
      expect((await cp.call('DELETE', `${tags}?tagKeys=a&tagKeys=c&tagKeys=z`)).status).toBe(204);
      expect(await cp.ok('GET', tags)).toEqual({ tags: { b: 'two' } });
      expect(await cp.ok('GET', path)).toMatchObject({ tags: { b: 'two' } });
    }
  });

  test('of what is not there are refused as the thing itself', async () => {
    const error = (path: string) => cp.error('GET', tagsOf(`arn:aws:apigateway:eu-central-1::${path}`));
    expect(await error('/apikeys/x')).toEqual(missing('Invalid API Key identifier specified'));
    expect(await error('/restapis/x/stages/y')).toEqual(missing('Invalid Stage identifier specified'));
    expect((await error('/restapis/x/resources/y'))[0]).toBe(404);
    expect((await error('/constructor/x'))[0]).toBe(404);
    expect((await cp.error('GET', tagsOf('arn:aws:s3:::bucket')))[0]).toBe(400);
  });

  test('have bounds', async () => {
    const api = tagsOf(`arn:aws:apigateway:eu-central-1::/restapis/${await deployedApi(cp)}`);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']));
    for (const tags of [many, { '': 'x' }, { 'aws:x': 'y' }, { x: 'y'.repeat(257) }, { x: null }]) {
      expect((await cp.error('PUT', api, { tags }))[0]).toBe(400);
    }
    expect((await cp.error('PUT', api, {}))[1]).toBe('ValidationException');
  });
});

describe('SDKs', () => {
  test('have types', async () => {
    const { item } = await cp.ok('GET', '/sdktypes');
    expect(item.map(({ id }: { id: string }) => id)).toEqual([
      'android',
      'java',
      'javascript',
      'objectivec',
      'ruby',
      'swift',
    ]);
    expect(await cp.ok('GET', '/sdktypes/javascript')).toEqual(item[2]);
    expect((await cp.error('GET', '/sdktypes/cobol'))[0]).toBe(404);
  });

  test('are not made here, which the refusal says', async () => {
    const stage = `/restapis/${await deployedApi(cp)}/stages/prod`;
    const [status, , message] = await cp.error('GET', `${stage}/sdks/java`);
    expect([status, message]).toEqual([400, expect.stringContaining('GetExport')]);
    expect((await cp.error('GET', '/restapis/x/stages/y/sdks/java'))[0]).toBe(404);
  });
});

test('caches of a stage can be flushed when there is such a stage', async () => {
  const api = await deployedApi(cp);
  for (const cache of ['data', 'authorizers']) {
    expect((await cp.call('DELETE', `/restapis/${api}/stages/prod/cache/${cache}`)).status).toBe(202);
    expect(await cp.error('DELETE', `/restapis/${api}/stages/none/cache/${cache}`)).toEqual(
      missing('Invalid Stage identifier specified'),
    );
  }
});

test('there are no domain name access associations, and none can be made', async () => {
  const list = '/domainnameaccessassociations';
  expect(await cp.ok('GET', list)).toEqual({ item: [] });
  const body = { domainNameArn: 'a', accessAssociationSourceType: 'VPCE', accessAssociationSource: 'vpce-1' };
  expect((await cp.error('POST', list, body))[1]).toBe('BadRequestException');
  expect((await cp.error('DELETE', `${list}/x`))[0]).toBe(404);
  expect((await cp.error('POST', '/rejectdomainnameaccessassociations'))[0]).toBe(404);
});
