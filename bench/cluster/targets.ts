/** What a cluster of three nodes with 10,000 routes in 100 APIs has to reach. */
import type { TargetResult } from '../load/results.js';
import type { ClusterReport } from './results.js';
import { percentile, slowest } from './values.js';

interface Target {
  what: string;
  most: number;
  unit: string;
  measured: number | undefined;
}

export function clusterTargets({
  pushes,
  load,
  latency,
  burst,
}: Pick<ClusterReport, 'pushes' | 'load' | 'latency' | 'burst'>): TargetResult[] {
  const targets: Target[] = [
    {
      what: 'p99 from commit to applied on all nodes, as they report',
      most: 100,
      unit: 'ms',
      measured: percentile(slowest(pushes, 'reported'), 99),
    },
    {
      what: 'the same as clients see it',
      most: 100,
      unit: 'ms',
      measured: percentile(slowest(pushes, 'seen'), 99),
    },
    {
      what: 'failed requests',
      most: 0,
      unit: '',
      measured: load.reduce((sum, { failed }) => sum + failed, 0),
    },
    {
      what: 'p99 of requests with pushes : without',
      most: 1.3,
      unit: '',
      measured: (latency.pushes.p99 ?? Number.NaN) / (latency.quiet.p99 ?? Number.NaN),
    },
    {
      what: 'CPU of a node in a burst of 50 changes/s, of one core',
      most: 10,
      unit: '%',
      measured: Math.max(...burst.cpu) * 100,
    },
  ];
  return targets.map(({ what, most, unit, measured }) => ({
    what,
    target: `at most ${most}${unit === '' ? '' : ` ${unit}`}`,
    stretch: '',
    unit,
    ...(measured === undefined || Number.isNaN(measured)
      ? {}
      : { measured, met: measured <= most ? 'target' : 'missed' }),
  }));
}
