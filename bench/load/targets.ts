/** What Propylon wants to reach, with one worker, as ratios within one run on two cores. */
import { table } from '../report.js';
import type { LoadReport, ScenarioResult, TargetResult } from './results.js';
import { bestNodePeer, cost, idleMemory, openLatency, ratio, rowNamed, speed } from './values.js';

interface Target {
  what: string;
  /** 'most': less is better. */
  bound: 'least' | 'most';
  target: number;
  stretch: number;
  unit?: string;
  measure(report: Measured): number | undefined;
}

type Measured = Pick<LoadReport, 'scenarios' | 'matching'>;

const MB = 1e6;

const TARGETS: readonly Target[] = [
  {
    what: 'HTTP_PROXY small GET, requests/s : nginx',
    bound: 'least',
    target: 0.85,
    stretch: 1,
    measure: (report) => speeds(report, 'small', 'propylon', 'nginx'),
  },
  {
    what: 'the same with 14 browser headers',
    bound: 'least',
    target: 0.75,
    stretch: 1,
    measure: (report) => speeds(report, 'browser', 'propylon', 'nginx'),
  },
  {
    what: 'CPU per proxied request : nginx',
    bound: 'most',
    target: 1.4,
    stretch: 1,
    measure(report) {
      const small = scenario(report, 'small');
      const [own, nginx] = [rowNamed(small, 'propylon'), rowNamed(small, 'nginx')];
      return own && nginx && ratio(cost(own), cost(nginx));
    },
  },
  {
    what: 'requests/s : the best Node peer',
    bound: 'least',
    target: 3.5,
    stretch: 4.5,
    measure(report) {
      const small = scenario(report, 'small');
      const best = small && bestNodePeer(small);
      const own = rowNamed(small, 'propylon');
      return own && best && ratio(speed(own), speed(best));
    },
  },
  {
    what: 'p99 at 50 % load, open loop : nginx',
    bound: 'most',
    target: 1.5,
    stretch: 1,
    measure(report) {
      const small = scenario(report, 'small');
      const [own, nginx] = [rowNamed(small, 'propylon'), rowNamed(small, 'nginx')];
      return own && nginx && ratio(openLatency(own, 50, 'p99'), openLatency(nginx, 50, 'p99'));
    },
  },
  {
    what: 'AWS_PROXY (stand-in endpoint) : own HTTP_PROXY',
    bound: 'least',
    target: 0.7,
    stretch: 0.85,
    measure: (report) => speeds(report, 'lambda', 'propylon AWS_PROXY', 'propylon HTTP_PROXY'),
  },
  {
    what: 'MOCK : bare answer through the same mailbox',
    bound: 'least',
    target: 0.7,
    stretch: 0.85,
    measure: (report) => speeds(report, 'mock', 'propylon', 'bare mailbox'),
  },
  {
    what: '100 KB response bodies, bytes/s : nginx',
    bound: 'least',
    target: 0.8,
    stretch: 1,
    measure: (report) => speeds(report, 'download-100k', 'propylon', 'nginx'),
  },
  {
    what: 'match time at 100,000 routes : 10 routes',
    bound: 'most',
    target: 1.5,
    stretch: 1.1,
    measure: ({ matching }) => matching && matching.many / matching.few,
  },
  {
    what: 'resident memory with 10,000 idle connections',
    bound: 'most',
    target: 80,
    stretch: 40,
    unit: 'MB',
    measure(report) {
      const own = rowNamed(scenario(report, 'idle'), 'propylon');
      const more = own && idleMemory(own);
      return more && more.median / MB;
    },
  },
];

function scenario({ scenarios }: Measured, name: string): ScenarioResult | undefined {
  return scenarios.find((one) => one.name === name);
}

function speeds(report: Measured, name: string, of: string, to: string): number | undefined {
  const one = scenario(report, name);
  const [own, other] = [rowNamed(one, of), rowNamed(one, to)];
  return own && other && ratio(speed(own), speed(other));
}

export function targetsOf(report: Measured): TargetResult[] {
  return TARGETS.map(({ what, bound, target, stretch, unit = '', measure }) => {
    const reaches = (value: number, limit: number): boolean =>
      bound === 'least' ? value >= limit : value <= limit;
    const text = (limit: number): string =>
      `at ${bound} ${unit === 'MB' ? '+' : ''}${limit}${unit === '' ? '' : ` ${unit}`}`;
    const result: TargetResult = { what, target: text(target), stretch: text(stretch), unit };
    const measured = measure(report);
    if (measured === undefined) return result;
    const met = reaches(measured, stretch) ? 'stretch' : reaches(measured, target) ? 'target' : 'missed';
    return { ...result, measured, met };
  });
}

export function targetsTable(targets: readonly TargetResult[]): string {
  return table([
    ['targets', 'target', 'stretch', 'measured', ''],
    ...targets.map((one) => [one.what, one.target, one.stretch, measuredText(one), one.met ?? '']),
  ]);
}

export function measuredText({ measured, unit }: TargetResult): string {
  if (measured === undefined) return 'not measured';
  if (unit === 'MB') return `+${measured.toFixed(0)} MB`;
  return `${measured.toFixed(2)}${unit === '' ? '' : ` ${unit}`}`;
}
