/** What the choice of a target guarantees, whatever the targets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashText } from '../../../src/upstream/balancing/hash.js';
import { policyOf } from '../../../src/upstream/balancing/policies.js';
import { Target } from '../../../src/upstream/balancing/target.js';

const OWNER = { slowStartMs: 0, availabilityChanged: () => {} };

function targetsOf(weights: readonly number[]): Target[] {
  return weights.map(
    (weight, i) =>
      new Target(OWNER, { scheme: 'http', host: `10.0.0.${i}`, port: 80 }, weight, new Float64Array(8)),
  );
}

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 });

function shares(
  count: number,
  targets: readonly Target[],
  choose: (i: number) => Target,
): Map<Target, number> {
  const found = new Map(targets.map((target) => [target, 0]));
  for (let i = 0; i < count; i++) {
    const target = choose(i);
    found.set(target, (found.get(target) ?? 0) + 1);
  }
  return found;
}

describe('round robin', () => {
  test('gives each target exactly its weight in every round', () => {
    const policy = policyOf('round-robin');
    fc.assert(
      fc.property(weights, (given) => {
        const targets = targetsOf(given);
        const round = given.reduce((sum, weight) => sum + weight, 0);
        for (let rounds = 0; rounds < 3; rounds++) {
          expect([...shares(round, targets, () => policy(targets, -1)).values()]).toEqual(given);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('least requests', () => {
  test('never chooses a target with more to do than every other', () => {
    const policy = policyOf('least-requests');
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { minLength: 2, maxLength: 12 }), (active) => {
        const targets = targetsOf(active.map(() => 1));
        targets.forEach((target, i) => {
          target.active = active[i] ?? 0;
        });
        const most = Math.max(...active);
        const chosen = policy(targets, -1);
        expect(chosen.active < most || active.filter((count) => count === most).length > 1).toBe(true);
      }),
    );
  });
});

describe('consistent hashing', () => {
  const policy = policyOf('consistent-hash');

  test('moves only the keys of a target that goes', () => {
    fc.assert(
      fc.property(weights, fc.nat(), fc.array(fc.string(), { maxLength: 50 }), (given, gone, keys) => {
        const targets = targetsOf(given);
        const left = targets.filter((_, i) => i !== gone % targets.length);
        fc.pre(left.length > 0);
        for (const key of keys) {
          const before = policy(targets, hashText(key));
          if (left.includes(before)) expect(policy(left, hashText(key))).toBe(before);
        }
      }),
    );
  });

  test('spreads keys by weight', () => {
    const targets = targetsOf([1, 2, 3, 4]);
    const found = [...shares(10_000, targets, (i) => policy(targets, hashText(`key-${i}`))).values()];
    found.forEach((count, i) => {
      expect(Math.abs(count - (i + 1) * 1_000)).toBeLessThan(250);
    });
  });

  test('is the same in every version: a cluster is updated node by node', () => {
    const targets = targetsOf([1, 1, 1, 1]);
    const found = ['a', '10.0.0.7', '/orders/7', ''].map((key) =>
      targets.indexOf(policy(targets, hashText(key))),
    );
    expect(found).toEqual([2, 1, 2, 2]);
  });
});
