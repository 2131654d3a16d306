/** The tables of one scenario: medians, ratios, and the raw values beside them. */
import { table } from '../report.js';
import { type Row, type ScenarioResult, SHARES } from './results.js';
import {
  bestNodePeer,
  cost,
  idleMemory,
  levelOf,
  memory,
  openLatency,
  ratio,
  speed,
  spreadOf,
  validRows,
} from './values.js';

export function scenarioTable(scenario: ScenarioResult): string {
  const parts: string[] = [];
  const rows = validRows(scenario);
  if (rows.some(({ rounds }) => rounds.length > 0)) parts.push(throughput(scenario, rows));
  if (rows.some(({ idle }) => idle.length > 0)) parts.push(idleTable(rows));
  if (rows.some(({ open }) => open.length > 0)) parts.push(rates(scenario, rows));
  const notes = [
    ...scenario.rows
      .filter(({ problem }) => problem !== '')
      .map(({ name, problem }) => `${name}: INVALID, ${problem}`),
    ...scenario.skipped.map(({ name, reason }) => `${name}: left out, ${reason}`),
  ];
  if (notes.length > 0) parts.push(notes.join('\n'));
  return parts.join('\n\n');
}

function throughput(scenario: ScenarioResult, rows: readonly Row[]): string {
  const nginx = rows.find(({ name }) => name === 'nginx');
  const best = bestNodePeer(scenario);
  const { bodyBytes } = scenario;
  const head = ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/req', 'peak MB'];
  if (bodyBytes !== undefined) head.push('MB/s');
  for (const other of [nginx, best]) if (other) head.push(`req/s : ${other.name}`, `CPU : ${other.name}`);
  head.push('raw requests/s', 'raw CPU us/req');
  const lines = rows.map((row) => {
    const line = [
      row.name,
      whole(speed(row)?.median),
      fixed(spreadOf(row.rounds.map(({ p50 }) => p50))?.median, 2),
      fixed(spreadOf(row.rounds.map(({ p99 }) => p99))?.median, 2),
      fixed(cost(row)?.median, 1),
      whole(scaled(memory(row)?.median, 1e-6)),
    ];
    if (bodyBytes !== undefined) line.push(whole(scaled(speed(row)?.median, bodyBytes * 1e-6)));
    for (const other of [nginx, best]) {
      if (other)
        line.push(fixed(ratio(speed(row), speed(other)), 2), fixed(ratio(cost(row), cost(other)), 2));
    }
    line.push(
      row.rounds.map(({ requestsPerSecond }) => whole(requestsPerSecond)).join(' '),
      row.rounds.map(({ cpuPerRequest }) => fixed(cpuPerRequest ?? undefined, 1)).join(' '),
    );
    return line;
  });
  return table([head, ...lines]);
}

function idleTable(rows: readonly Row[]): string {
  return table([
    ['', 'connections', 'MB more', 'KB each', 'MB before', 'raw MB more'],
    ...rows.map((row) => {
      const more = idleMemory(row)?.median;
      const connections = row.idle[0]?.connections ?? 0;
      return [
        row.name,
        String(connections),
        fixed(scaled(more, 1e-6), 1),
        fixed(scaled(more, 1e-3 / connections), 1),
        whole(scaled(spreadOf(row.idle.map(({ before }) => before))?.median, 1e-6)),
        row.idle.map(({ before, after }) => fixed((after - before) * 1e-6, 1)).join(' '),
      ];
    }),
  ]);
}

const SHOWN = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'];

function rates({ capacity = 0 }: ScenarioResult, rows: readonly Row[]): string {
  const lines = [[`ms at fixed rates (capacity ${whole(capacity)}/s)`, 'requests/s', ...SHOWN, 'raw p99']];
  for (const share of SHARES) {
    for (const row of rows) {
      const tried = row.open.filter((round) => round.share === share);
      const [one] = tried;
      if (one === undefined) continue;
      const label = `${share} %  ${row.name}`;
      const rounds = levelOf(row, share);
      if (rounds.length === 0) {
        const answered = spreadOf(tried.map((round) => round.answered))?.median;
        lines.push([label, whole(one.rate), `fell behind: ${whole(answered)}/s`]);
        continue;
      }
      lines.push([
        label,
        whole(one.rate),
        ...SHOWN.map((percentile) => fixed(openLatency(row, share, percentile)?.median, 2)),
        rounds.map(({ latency }) => fixed(latency.p99, 2)).join(' '),
      ]);
      for (const { name } of one.byRequest) {
        const median = (percentile: string) =>
          spreadOf(
            rounds.map(
              ({ byRequest }) => byRequest.find((each) => each.name === name)?.latency[percentile] ?? null,
            ),
          )?.median;
        lines.push([`      ${name}`, '', ...SHOWN.map((percentile) => fixed(median(percentile), 2)), '']);
      }
    }
  }
  return table(lines);
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value * by;
}

export function whole(value: number | undefined): string {
  return value === undefined ? '' : Math.round(value).toString();
}

export function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}
