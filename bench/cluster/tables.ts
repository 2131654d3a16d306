/** The tables of the cluster bench. */
import { fixed, whole } from '../load/tables.js';
import { table } from '../report.js';
import type { BurstResult, ClusterReport, LoadPhase, PushResult } from './results.js';
import { mean, percentile, slowest } from './values.js';

const PERCENTILES = [50, 90, 99, 100];

export function pushTable(pushes: readonly PushResult[]): string {
  const line = (label: string, values: readonly number[]): string[] => [
    label,
    String(values.length),
    ...PERCENTILES.map((percent) => whole(percentile(values, percent))),
  ];
  return table([
    ['ms from commit to', 'pushes', 'p50', 'p90', 'p99', 'max'],
    line('applied on all nodes, as they report', slowest(pushes, 'reported')),
    line('answered by all nodes, as clients see it', slowest(pushes, 'seen')),
  ]);
}

const SHOWN = ['p50', 'p90', 'p99', 'p99.9', 'max'];

export function loadTable(load: readonly LoadPhase[], latency: ClusterReport['latency']): string {
  const lines = (['quiet', 'pushes'] as const).map((during) => {
    const phases = load.filter((phase) => phase.during === during);
    const sum = (of: (phase: LoadPhase) => number): number => phases.reduce((all, one) => all + of(one), 0);
    return [
      during === 'quiet' ? 'without pushes' : 'with pushes',
      String(sum(({ requests }) => requests)),
      String(sum(({ failed }) => failed)),
      ...SHOWN.map((key) => fixed(latency[during][key], 2)),
      fixed(mean(phases.map(({ cpu }) => mean(cpu))) * 100, 1),
      phases.map((phase) => fixed(phase.latency.p99, 2)).join(' '),
    ];
  });
  const failures = new Map<string, number>();
  for (const phase of load) {
    for (const [reason, times] of Object.entries(phase.failures)) {
      failures.set(reason, (failures.get(reason) ?? 0) + times);
    }
  }
  const reasons = [...failures].map(([reason, times]) => `\nFAILED: ${reason}, ${times} times`);
  return `${table([['ms of requests', 'requests', 'failed', ...SHOWN, 'CPU %/node', 'raw p99'], ...lines])}${reasons.join('')}`;
}

export function burstTable({
  apis,
  routes,
  commits,
  seconds,
  idleCpu,
  cpu,
  applies,
  convergedMs,
}: BurstResult): string {
  const percent = (shares: readonly number[]): string =>
    shares.map((share) => fixed(share * 100, 1)).join(' ');
  return `Burst: ${whole(commits / seconds)} changes/s for ${fixed(seconds, 1)} s, ${routes} routes in ${apis} APIs
${table([
  ['of each node', ''],
  ['CPU without pushes, % of a core', percent(idleCpu)],
  ['CPU in the burst, % of a core', percent(cpu)],
  ['revisions applied', applies.join(' ')],
])}
All nodes reported the last revision ${whole(convergedMs)} ms after its commit.`;
}
