import type { PushResult } from './results.js';

/** What the last node of each push took; absent for pushes that no node told of. */
export function slowest(pushes: readonly PushResult[], view: 'reported' | 'seen'): number[] {
  return pushes.flatMap((push) => (push[view].length === 0 ? [] : Math.max(...push[view])));
}

/** The least value that `percent` of all do not exceed; undefined without values. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
