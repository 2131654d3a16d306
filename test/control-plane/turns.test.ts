import { expect, test } from 'vitest';
import { ALL_OPERATIONS } from '../../src/control-plane/operations/all.js';
import { Turns } from '../../src/control-plane/workspace/turns.js';
import { newControlPlane } from './harness.js';

test('work under one name happens in its order, whatever fails, and under other names meanwhile', async () => {
  const turns = new Turns();
  const done: string[] = [];
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = turns.take('a', async () => {
    await gate;
    done.push('first');
    throw new Error('failed');
  });
  const second = turns.take('a', async () => done.push('second'));
  await turns.take('b', async () => done.push('other'));
  release();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(done).toEqual(['other', 'first', 'second']);
});

test('of a hundred calls that write to one API at once none is in vain', async () => {
  const cp = newControlPlane(ALL_OPERATIONS);
  const { id, rootResourceId } = await cp.ok('POST', '/restapis', { name: 'busy' });
  const names = Array.from({ length: 100 }, (_, i) => `r${i}`);
  await Promise.all(
    names.map((pathPart) => cp.ok('POST', `/restapis/${id}/resources/${rootResourceId}`, { pathPart })),
  );
  const { item } = await cp.ok('GET', `/restapis/${id}/resources?limit=500`);
  expect(item).toHaveLength(101);
});
