/** Usage plans and their keys as the control plane answers: reference 09 sections 3.1, 5 and 6; reference 06 section 3. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestControlPlane } from './harness.js';
import { bad, conflicting, deployedApi, missing, wholeControlPlane } from './support.js';

let cp: TestControlPlane;
beforeEach(() => {
  cp = wholeControlPlane();
});

const create = (body: object = {}) => cp.ok('POST', '/usageplans', { name: 'plan', ...body });
const newKey = async (name = 'key'): Promise<string> => (await cp.ok('POST', '/apikeys', { name })).id;
const attach = (plan: string, keyId: string) =>
  cp.ok('POST', `/usageplans/${plan}/keys`, { keyId, keyType: 'API_KEY' });

test('a plan is shown as it was given; get and update show tags always', async () => {
  const bare = await create();
  expect(bare).toEqual({ id: expect.stringMatching(/^[a-z0-9]{6}$/), name: 'plan', apiStages: [] });
  const apiId = await deployedApi(cp);
  const given = {
    description: 'x',
    apiStages: [{ apiId, stage: 'prod', throttle: { '/pets/GET': { rateLimit: 1.5, burstLimit: 2 } } }],
    throttle: { burstLimit: 10, rateLimit: 10 },
    tags: { a: 'b' },
  };
  const made = await create({ ...given, quota: { limit: 100, period: 'DAY' } });
  expect(made).toMatchObject({ ...given, quota: { limit: 100, offset: 0, period: 'DAY' } });
  expect(await cp.ok('GET', `/usageplans/${made.id}`)).toEqual(made);
  expect(await cp.ok('GET', `/usageplans/${bare.id}`)).toEqual({ ...bare, tags: {} });
  expect(await cp.ok('GET', '/usageplans')).toEqual({ item: [bare, made] });
});

describe('stages of a plan', () => {
  test('must exist, and be written as API and stage', async () => {
    const apiId = await deployedApi(cp);
    const { id } = await create();
    const add = (value?: string) =>
      cp.patchError(`/usageplans/${id}`, { op: 'add', path: '/apiStages', value });
    expect(await add(`${apiId}:none`)).toEqual(
      missing(`Invalid API Stage {api: ${apiId}, stage: none} specified for usageplan ${id}`),
    );
    for (const value of [undefined, '', 'x', ':', 'a:', ':b', 'a:b:c']) {
      expect(await add(value)).toEqual(bad('Invalid API Stage specified'));
    }
    expect(await cp.error('POST', '/usageplans', { name: 'a', apiStages: [{ apiId }] })).toEqual(
      bad('Invalid API Stage specified'),
    );
    const [status, , message] = await cp.error('POST', '/usageplans', {
      name: 'a',
      apiStages: [{ apiId: 'nothere', stage: 'prod' }],
    });
    expect([status, message]).toEqual([
      404,
      expect.stringMatching(/^Invalid API Stage \{api: nothere, stage: prod\} specified for usageplan /),
    ]);
  });

  test('come and go, and keep a plan from being deleted', async () => {
    const apiId = await deployedApi(cp);
    const { id } = await create();
    const one = `/usageplans/${id}`;
    const value = `${apiId}:prod`;
    const added = await cp.patch(one, { op: 'add', path: '/apiStages', value });
    expect(added.apiStages).toEqual([{ apiId, stage: 'prod' }]);
    expect(await cp.error('DELETE', one)).toEqual(
      bad(
        `Cannot delete Usage Plan ${id} because there are API Stages associated with it, including ${value}`,
      ),
    );
    const removed = await cp.patch(one, { op: 'remove', path: '/apiStages', value });
    expect(removed.apiStages).toEqual([]);
    expect(await cp.patchError(one, { op: 'remove', path: '/apiStages', value })).toEqual(
      missing(`Invalid API Stage {api: ${apiId}, stage: prod} specified for usageplan ${id}`),
    );
    expect((await cp.call('DELETE', one)).status).toBe(202);
    expect(await cp.error('GET', one)).toEqual(missing('Invalid Usage Plan ID specified'));
  });

  test('leave it when they are deleted, alone or with their API', async () => {
    const [a, b] = [await deployedApi(cp), await deployedApi(cp)];
    const stage = 'prod';
    const apiStages = [a, b].map((apiId) => ({ apiId, stage }));
    const { id } = await create({ apiStages });
    await cp.ok('DELETE', `/restapis/${a}/stages/prod`);
    expect((await cp.ok('GET', `/usageplans/${id}`)).apiStages).toEqual([{ apiId: b, stage }]);
    await cp.ok('DELETE', `/restapis/${b}`);
    expect((await cp.ok('GET', `/usageplans/${id}`)).apiStages).toEqual([]);
  });

  test('have a throttle for each method, however its path is escaped', async () => {
    const apiId = await deployedApi(cp);
    const { id } = await create({ apiStages: [{ apiId, stage: 'prod' }] });
    const throttle = `/apiStages/${apiId}:prod/throttle`;
    const patch = async (...operations: object[]) =>
      (await cp.patch(`/usageplans/${id}`, ...operations)).apiStages[0].throttle;
    expect(
      await patch(
        { op: 'replace', path: `${throttle}/~1pets~1GET/rateLimit`, value: '1.5' },
        { op: 'replace', path: `${throttle}/~1pets/GET/burstLimit`, value: '2' },
        { op: 'add', path: `${throttle}//pets/{id}/POST/rateLimit`, value: '3' },
      ),
    ).toEqual({ '/pets/GET': { rateLimit: 1.5, burstLimit: 2 }, '/pets/{id}/POST': { rateLimit: 3 } });
    expect(await patch({ op: 'remove', path: `${throttle}/~1pets~1GET` })).toEqual({
      '/pets/{id}/POST': { rateLimit: 3 },
    });
    expect(await patch({ op: 'remove', path: throttle })).toBeUndefined();
  });
});

describe('patches', () => {
  test('make throttle and quota where there is none, and remove them whole', async () => {
    const { id } = await create();
    const one = `/usageplans/${id}`;
    const set = await cp.patch(
      one,
      { op: 'replace', path: '/throttle/rateLimit', value: '10.5' },
      { op: 'replace', path: '/throttle/burstLimit', value: '20' },
      { op: 'replace', path: '/quota/limit', value: '1000' },
      { op: 'replace', path: '/quota/period', value: 'MONTH' },
      { op: 'add', path: '/productCode', value: 'code' },
      { op: 'replace', path: '/name', value: 'better' },
      { op: 'replace', path: '/description', value: 'x' },
    );
    expect(set).toEqual({
      id,
      name: 'better',
      description: 'x',
      productCode: 'code',
      apiStages: [],
      throttle: { rateLimit: 10.5, burstLimit: 20 },
      quota: { limit: 1_000, offset: 0, period: 'MONTH' },
      tags: {},
    });
    const removed = await cp.patch(
      one,
      { op: 'remove', path: '/throttle' },
      { op: 'remove', path: '/quota' },
      { op: 'remove', path: '/productCode' },
      { op: 'replace', path: '/description', value: '' },
    );
    expect(removed).toEqual({ id, name: 'better', apiStages: [], tags: {} });
  });

  test.each([
    ['/name', ' '],
    ['/throttle/rateLimit', '-1'],
    ['/throttle/rateLimit', 'x'],
    ['/throttle/burstLimit', '1.5'],
    ['/quota/limit', '-1'],
    ['/quota/offset', '-1'],
    ['/quota/period', 'YEAR'],
    ['/throttle', '1'],
    ['/throttle/other', '1'],
    ['/quota/other', '1'],
    ['/apiStages', 'a:b'],
    ['/id', 'x'],
  ])('of %s to %j are refused', async (path, value) => {
    const { id } = await create();
    expect((await cp.patchError(`/usageplans/${id}`, { op: 'replace', path, value }))[0]).toBe(400);
  });

  test('of a stage by its path are refused with the paths that can go', async () => {
    const { id } = await create();
    expect(await cp.patchError(`/usageplans/${id}`, { op: 'remove', path: '/apiStages/a:b' })).toEqual(
      bad(
        "Invalid patch path  '/apiStages/a:b' specified for op 'remove'. Must be one of: [/apiStages, /quota, /throttle, /productCode, /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>, /apiStages/<apidId:stageName>/throttle]",
      ),
    );
  });
});

describe('keys in a plan', () => {
  test('are shown with their value, newest first, by the beginning of the name', async () => {
    const { id } = await create();
    const first = await attach(id, await newKey('alpha'));
    const second = await attach(id, await newKey('beta'));
    expect(first).toEqual({
      id: expect.any(String),
      name: 'alpha',
      type: 'API_KEY',
      value: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
    });
    expect(await cp.ok('GET', `/usageplans/${id}/keys`)).toEqual({ item: [second, first] });
    expect(await cp.ok('GET', `/usageplans/${id}/keys?name=al`)).toEqual({ item: [first] });
    expect(await cp.ok('GET', `/usageplans/${id}/keys/${first.id}`)).toEqual(first);
    expect((await cp.ok('GET', `/usageplans?keyId=${first.id}`)).item).toHaveLength(1);
    expect((await cp.ok('GET', '/usageplans?keyId=nothere')).item).toHaveLength(0);
  });

  test('are gone from it when they leave, when they are deleted, and with the plan', async () => {
    const { id } = await create();
    const [a, b] = [await newKey(), await newKey()];
    await attach(id, a);
    await attach(id, b);
    expect((await cp.call('DELETE', `/usageplans/${id}/keys/${a}`)).status).toBe(202);
    await cp.ok('DELETE', `/apikeys/${b}`);
    expect(await cp.ok('GET', `/usageplans/${id}/keys`)).toEqual({ item: [] });
    await attach(id, a);
    await cp.ok('DELETE', `/usageplans/${id}`);
    expect(await cp.ok('GET', `/usageplans/${id}/keys`)).toEqual({ item: [] });
    expect((await cp.ok('GET', `/usageplans?keyId=${a}`)).item).toEqual([]);
  });

  test('that are unknown, of another type or there already are refused', async () => {
    const { id } = await create();
    const keyId = await newKey();
    const keys = `/usageplans/${id}/keys`;
    const unknown = missing('Invalid API Key identifier specified');
    expect(await cp.error('POST', keys, { keyId: 'nothere', keyType: 'API_KEY' })).toEqual(unknown);
    expect(await cp.error('GET', `${keys}/${keyId}`)).toEqual(unknown);
    expect(await cp.error('DELETE', `${keys}/${keyId}`)).toEqual(unknown);
    expect(await cp.error('POST', '/usageplans/nothere/keys', { keyId, keyType: 'API_KEY' })).toEqual(
      missing('Invalid Usage Plan ID specified'),
    );
    expect(await cp.ok('GET', '/usageplans/nothere/keys')).toEqual({ item: [] });
    expect((await cp.error('POST', keys, { keyId, keyType: 'OTHER' }))[0]).toBe(400);
    await attach(id, keyId);
    expect((await cp.error('POST', keys, { keyId, keyType: 'API_KEY' }))[0]).toBe(409);
  });

  test('are in one plan only for each stage', async () => {
    const apiId = await deployedApi(cp);
    const apiStages = [{ apiId, stage: 'prod' }];
    const [a, b, c] = [await create({ apiStages }), await create({ apiStages }), await create()];
    const keyId = await newKey();
    await attach(a.id, keyId);
    await attach(c.id, keyId);
    const refusal = (plan: string) =>
      conflicting(
        `Usage Plan ${plan} cannot be added because API Key ${keyId} cannot reference multiple Usage Plans with the same api stage: ${apiId}:prod`,
      );
    const keyType = 'API_KEY';
    expect(await cp.error('POST', `/usageplans/${b.id}/keys`, { keyId, keyType })).toEqual(refusal(b.id));
    const operation = { op: 'add', path: '/apiStages', value: `${apiId}:prod` };
    expect(await cp.patchError(`/usageplans/${c.id}`, operation)).toEqual(refusal(c.id));
  });
});

test('whatever is done, no key is ever in two plans of one stage, and no plan has a key that is gone', async () => {
  const stages: string[] = [];
  for (let i = 0; i < 2; i++) stages.push(`${await deployedApi(cp)}:prod`);
  const index = fc.nat(2);
  const command = fc.oneof(
    fc.record({ do: fc.constant('attach' as const), plan: index, key: index }),
    fc.record({ do: fc.constant('detach' as const), plan: index, key: index }),
    fc.record({ do: fc.constant('addStage' as const), plan: index, key: fc.nat(1) }),
    fc.record({ do: fc.constant('removeStage' as const), plan: index, key: fc.nat(1) }),
    fc.record({ do: fc.constant('replaceKey' as const), plan: index, key: index }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
      const plans = await Promise.all([0, 1, 2].map(async () => (await create()).id as string));
      const keys = await Promise.all([0, 1, 2].map(() => newKey()));
      const inPlan = new Set<string>();
      const hasStage = new Set<string>();
      const clash = (): boolean =>
        keys.some((key) =>
          stages.some(
            (stage) =>
              plans.filter((plan) => inPlan.has(`${plan} ${key}`) && hasStage.has(`${plan} ${stage}`))
                .length > 1,
          ),
        );
      const tryAdd = (set: Set<string>, entry: string): boolean => {
        if (set.has(entry)) return false;
        set.add(entry);
        if (!clash()) return true;
        set.delete(entry);
        return false;
      };
      for (const { do: what, plan: p, key: k } of commands) {
        const plan = plans[p] ?? '';
        const key = keys[k] ?? '';
        const stage = stages[k] ?? '';
        const one = `/usageplans/${plan}`;
        const patchStage = async (op: string) =>
          (await cp.call('PATCH', one, { patchOperations: [{ op, path: '/apiStages', value: stage }] }))
            .status;
        if (what === 'attach') {
          const { status } = await cp.call('POST', `${one}/keys`, { keyId: key, keyType: 'API_KEY' });
          expect(status).toBe(tryAdd(inPlan, `${plan} ${key}`) ? 201 : 409);
        } else if (what === 'detach') {
          const { status } = await cp.call('DELETE', `${one}/keys/${key}`);
          expect(status).toBe(inPlan.delete(`${plan} ${key}`) ? 202 : 404);
        } else if (what === 'addStage') {
          const there = hasStage.has(`${plan} ${stage}`);
          expect(await patchStage('add')).toBe(tryAdd(hasStage, `${plan} ${stage}`) || there ? 200 : 409);
        } else if (what === 'removeStage') {
          expect(await patchStage('remove')).toBe(hasStage.delete(`${plan} ${stage}`) ? 200 : 404);
        } else {
          await cp.ok('DELETE', `/apikeys/${key}`);
          for (const other of plans) inPlan.delete(`${other} ${key}`);
          keys[k] = await newKey();
        }
      }
      for (const plan of plans) {
        const shown = await cp.ok('GET', `/usageplans/${plan}/keys`);
        const ids = shown.item.map(({ id }: { id: string }) => id).sort();
        expect(ids).toEqual(keys.filter((key) => inPlan.has(`${plan} ${key}`)).sort());
      }
    }),
    { numRuns: 25 },
  );
});

describe('usage', () => {
  test('is none of the quota for each day and key that is asked for', async () => {
    const { id } = await create({ quota: { limit: 10, period: 'DAY' } });
    const [a, b] = [await newKey(), await newKey()];
    await attach(id, a);
    await attach(id, b);
    const usage = `/usageplans/${id}/usage?startDate=2024-02-28&endDate=2024-03-01`;
    const days = [
      [0, 10],
      [0, 10],
      [0, 10],
    ];
    expect(await cp.ok('GET', `${usage}&keyId=${a}`)).toEqual({
      usagePlanId: id,
      startDate: '2024-02-28',
      endDate: '2024-03-01',
      values: { [a]: days },
    });
    const first = await cp.ok('GET', `${usage}&limit=1`);
    expect(first.values).toEqual({ [b]: days });
    expect((await cp.ok('GET', `${usage}&limit=1&position=${first.position}`)).values).toEqual({ [a]: days });
  });

  test.each([
    '',
    '?startDate=2024-01-01',
    '?startDate=2024-02-30&endDate=2024-03-01',
    '?startDate=x&endDate=y',
  ])('of %j is refused', async (query) => {
    const { id } = await create();
    expect((await cp.error('GET', `/usageplans/${id}/usage${query}`))[0]).toBe(400);
  });

  test('of days that end before they begin, or of ages, is refused', async () => {
    const { id } = await create();
    for (const [from, to] of [
      ['2024-01-02', '2024-01-01'],
      ['0001-01-01', '9999-12-31'],
    ]) {
      expect((await cp.error('GET', `/usageplans/${id}/usage?startDate=${from}&endDate=${to}`))[0]).toBe(400);
    }
  });

  test('can be extended for a key, as far as anybody can see today', async () => {
    const { id } = await create({ quota: { limit: 10, period: 'DAY' } });
    const key = await newKey();
    await attach(id, key);
    const one = `/usageplans/${id}/keys/${key}/usage`;
    expect(await cp.patch(one, { op: 'replace', path: '/remaining', value: '50' })).toMatchObject({
      usagePlanId: id,
      values: { [key]: [[0, 50]] },
    });
    expect((await cp.patchError(one, { op: 'replace', path: '/used', value: '1' }))[0]).toBe(400);
    expect((await cp.patchError(one, { op: 'replace', path: '/remaining', value: '-1' }))[0]).toBe(400);
  });
});
