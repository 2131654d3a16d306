/** The results as one page that needs nothing else: no network, no scripts, no fonts. */
import type { Comparison } from '../compare.js';
import {
  type Latency,
  type LoadReport,
  OPEN_PERCENTILES,
  type OpenRound,
  type Row,
  type ScenarioResult,
  SHARES,
} from '../load/results.js';
import { fixed, scenarioTable, whole } from '../load/tables.js';
import {
  cost,
  idleMemory,
  levelOf,
  memory,
  type Spread,
  speed,
  spreadOf,
  validRows,
} from '../load/values.js';
import { type Bar, barChart, type Curve, curveChart, escaped } from './charts.js';
import { aboutMachine, page, targetRows } from './page.js';
import { colourOf } from './style.js';

export function htmlReport(report: LoadReport, comparison?: Comparison): string {
  const { scenarios, targets, versions, date } = report;
  return page(
    `Propylon bench, ${date.slice(0, 10)}`,
    `<h1>Propylon bench</h1>
${about(report)}
<nav>${scenarios.map(({ name }) => `<a href="#${escaped(name)}">${escaped(name)}</a>`).join(' ')}</nav>
<h2>Targets</h2>
<p>Ratios within this run, one worker. Propylon ${escaped(versions.propylon ?? '')}.</p>
${targetRows(targets)}
${comparison === undefined ? '' : `<h2>Compared with an earlier run</h2><pre>${escaped(comparison.text)}</pre>`}
${scenarios.map(section).join('\n')}`,
  );
}

function about({ options, matching, ...report }: LoadReport): string {
  const { duration, rounds, connections, generator } = options;
  const match =
    matching === undefined
      ? ''
      : `<p>Matching a route: ${fixed(matching.few, 0)} ns among 10, ${fixed(matching.many, 0)} ns among 100,000.</p>`;
  return `${aboutMachine(report)}
<p>${connections} connections, ${rounds} rounds of ${duration} s, closed loop by ${escaped(generator)}; bars are medians, the thin lines reach from the lowest to the highest round.</p>
${match}`;
}

function section(scenario: ScenarioResult): string {
  const rows = validRows(scenario);
  const names = rows.map(({ name }) => name);
  const bars = (of: (row: Row) => Spread | undefined, scale = 1): Bar[] =>
    rows.flatMap((row) => {
      const value = of(row);
      return value === undefined
        ? []
        : [{ label: row.name, colour: colourOf(row.name, names), value: scaled(value, scale) }];
    });
  const chart = (title: string, data: Bar[], show: (value: number) => string): string[] =>
    data.length === 0 ? [] : [barChart(title, data, show)];
  const { bodyBytes } = scenario;
  const charts = [
    ...(bodyBytes === undefined
      ? chart('requests/s', bars(speed), thousands)
      : chart('MB/s of bodies', bars(speed, bodyBytes / 1e6), (value) => fixed(value, value < 100 ? 1 : 0))),
    ...chart('CPU, µs per request', bars(cost), (value) => fixed(value, 1)),
    ...chart('peak memory, MB', bars(memory, 1e-6), (value) => whole(value)),
    ...chart('memory of the idle connections, MB', bars(idleMemory, 1e-6), (value) => fixed(value, 1)),
  ];
  return `<h2 id="${escaped(scenario.name)}">${escaped(scenario.name)}</h2>
<p>${escaped(scenario.title)}</p>
${charts.length === 0 ? '' : `<div class="charts">${charts.join('\n')}</div>`}
${curves(scenario, rows)}
<details${charts.length === 0 ? ' open' : ''}><summary>Numbers</summary><pre>${escaped(scenarioTable(scenario))}</pre></details>`;
}

/** One chart for each rate, all with the same scale. */
function curves({ capacity = 0 }: ScenarioResult, rows: readonly Row[]): string {
  const measured = rows.filter(({ open }) => open.length > 0);
  if (measured.length === 0) return '';
  const names = rows.map(({ name }) => name);
  const byShare = SHARES.map((share) => ({
    share,
    curves: measured.flatMap((row): Curve[] => {
      const points = OPEN_PERCENTILES.flatMap((percent): [number, number][] => {
        const value = spreadOf(
          levelOf(row, share).map((round) => shownLatency(round)[`p${percent}`] ?? null),
        );
        return value === undefined ? [] : [[percent, value.median]];
      });
      return points.length === 0 ? [] : [{ label: row.name, colour: colourOf(row.name, names), points }];
    }),
  })).filter((level) => level.curves.length > 0);
  const times = byShare.flatMap((level) => level.curves.flatMap(({ points }) => points.map(([, ms]) => ms)));
  if (times.length === 0) return '';
  const bounds: [number, number] = [Math.min(...times) / 1.15, Math.max(...times) * 1.15];
  const several = measured[0]?.open[0]?.byRequest[0]?.name;
  const kind = several === undefined ? '' : ` of '${several}'`;
  const charts = byShare.map(({ share, curves }) =>
    curveChart(
      `latency${kind} at ${share} % load, ${thousands((capacity * share) / 100)} requests/s`,
      curves,
      bounds,
    ),
  );
  const legend = measured.map(
    ({ name }) => `<li><i class="${colourOf(name, names)}"></i>${escaped(name)}</li>`,
  );
  return `<ul class="legend">${legend.join('')}</ul><div class="charts">${charts.join('\n')}</div>
<p>Open loop, Poisson arrivals, counted from the intended time of sending; a variant that fell behind at a rate has no curve there.</p>`;
}

/** Of the first kind of requests, where there are several: the others are there to disturb it. */
function shownLatency({ latency, byRequest }: OpenRound): Latency {
  return byRequest[0]?.latency ?? latency;
}

function scaled({ median, least, most }: Spread, by: number): Spread {
  return { median: median * by, least: least * by, most: most * by };
}

/** `12,345`. */
function thousands(value: number): string {
  return whole(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
