/** The results of the cluster bench as one page that needs nothing else. */
import type { ClusterReport, PushResult } from '../cluster/results.js';
import { burstTable, loadTable, pushTable } from '../cluster/tables.js';
import { percentile, slowest } from '../cluster/values.js';
import { type Latency, OPEN_PERCENTILES } from '../load/results.js';
import { fixed } from '../load/tables.js';
import { spreadOf } from '../load/values.js';
import { type Bar, barChart, type Curve, curveChart, escaped } from './charts.js';
import { aboutMachine, page, targetRows } from './page.js';

/** Of some hundred pushes, no more can be said. */
const PUSH_PERCENTILES = [10, 25, 50, 75, 90, 95, 99];
const [FIRST, SECOND] = ['c-variant', 'c-propylon'];

export function clusterHtml(report: ClusterReport): string {
  const { options, pushes, load, latency, burst, targets } = report;
  const { nodes, apis, routes, every, rate, rounds, connections } = options;
  return page(
    `Propylon cluster bench, ${report.date.slice(0, 10)}`,
    `<h1>Propylon cluster bench</h1>
${aboutMachine(report)}
<p>${nodes} nodes with one worker each, ${routes} routes in ${apis} APIs; ${rate} requests/s on ${connections} connections over all nodes, open loop; ${rounds} rounds.</p>
<h2>Targets</h2>
${targetRows(targets)}
<h2>From commit to live</h2>
<p>${pushes.length} pushes, one every ${every} ms, each of one API; what counts is the slowest of the nodes.</p>
${section(
  [
    ['clients see', FIRST],
    ['nodes report', SECOND],
  ],
  [timeline(pushes)],
  pushTable(pushes),
)}
<h2>Requests meanwhile</h2>
<p>The same load with pushes and without.</p>
${section(
  [
    ['without pushes', FIRST],
    ['with pushes', SECOND],
  ],
  [latencies(latency)],
  loadTable(load, latency),
)}
<h2>A burst</h2>
<p>What a node takes of one core, with nothing but the burst to do.</p>
${section([], [costs(report)], burstTable(burst))}`,
  );
}

function section(legend: readonly (readonly [string, string])[], charts: string[], numbers: string): string {
  const entries = legend.map(([name, colour]) => `<li><i class="${colour}"></i>${escaped(name)}</li>`);
  return `<ul class="legend">${entries.join('')}</ul><div class="charts">${charts.join('\n')}</div>
<details open><summary>Numbers</summary><pre>${escaped(numbers)}</pre></details>`;
}

function timeline(pushes: readonly PushResult[]): string {
  const curve = (label: string, colour: string, values: readonly number[]): Curve => ({
    label,
    colour,
    points: PUSH_PERCENTILES.flatMap((percent): [number, number][] => {
      const ms = percentile(values, percent);
      return ms === undefined ? [] : [[percent, Math.max(1, ms)]];
    }),
  });
  return chart('ms from commit to live on all nodes, share of pushes', [
    curve('clients see', FIRST, slowest(pushes, 'seen')),
    curve('nodes report', SECOND, slowest(pushes, 'reported')),
  ]);
}

function latencies({ quiet, pushes }: ClusterReport['latency']): string {
  const curve = (label: string, colour: string, latency: Latency): Curve => ({
    label,
    colour,
    points: OPEN_PERCENTILES.flatMap((percent): [number, number][] => {
      const ms = latency[`p${percent}`];
      return ms === undefined ? [] : [[percent, ms]];
    }),
  });
  return chart('latency of requests', [
    curve('without pushes', FIRST, quiet),
    curve('with pushes', SECOND, pushes),
  ]);
}

function chart(title: string, curves: readonly Curve[]): string {
  const times = curves.flatMap(({ points }) => points.map(([, ms]) => ms));
  if (times.length === 0) return '';
  return curveChart(title, curves, [Math.min(...times) / 1.15, Math.max(...times) * 1.15]);
}

function costs({ burst }: ClusterReport): string {
  const bars = (label: string, colour: string, shares: readonly number[]): Bar[] => {
    const value = spreadOf(shares.map((share) => share * 100));
    return value === undefined ? [] : [{ label, colour, value }];
  };
  return barChart(
    'CPU of the nodes, % of one core',
    [...bars('without pushes', FIRST, burst.idleCpu), ...bars('in the burst', SECOND, burst.cpu)],
    (value) => fixed(value, 1),
  );
}
