/** Plots as inline SVG, without a library: bars with the spread of the rounds, and latency curves. */
import type { Spread } from '../load/values.js';

export interface Bar {
  label: string;
  value: Spread;
  /** Class that gives the colour. */
  colour: string;
}

const WIDTH = 420;
/** Of a letter, about. */
const LETTER = 6.7;
const VALUE = 66;
const ROW = 24;
const THICKNESS = 12;

/** @param show how a value is written */
export function barChart(title: string, bars: readonly Bar[], show: (value: number) => string): string {
  const most = Math.max(...bars.map(({ value }) => Math.max(value.most, value.median)), Number.MIN_VALUE);
  const left = Math.max(...bars.map(({ label }) => label.length)) * LETTER + 8;
  const x = (value: number): number => left + (Math.max(0, value) / most) * (WIDTH - left - VALUE);
  const rows = bars.map(({ label, value, colour }, i) => {
    const middle = i * ROW + ROW / 2;
    const [from, to, least, highest] = [x(0), x(value.median), x(value.least), x(value.most)];
    const spread =
      least === highest
        ? ''
        : `<path class="spread" d="M${round(least)} ${middle}H${round(highest)}M${round(least)} ${middle - 4}V${middle + 4}M${round(highest)} ${middle - 4}V${middle + 4}"/>`;
    const about = `${label}: ${show(value.median)}, rounds from ${show(value.least)} to ${show(value.most)}`;
    return `<g><title>${escaped(about)}</title>
<text class="label" x="${round(left - 8)}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>
<rect class="${colour}" x="${round(from)}" y="${middle - THICKNESS / 2}" width="${round(to - from)}" height="${THICKNESS}" rx="2"/>
${spread}
<text class="value" x="${round(Math.max(to, highest)) + 6}" y="${middle + 4}">${escaped(show(value.median))}</text></g>`;
  });
  const height = bars.length * ROW;
  return figure(title, WIDTH, height, rows.join('\n'));
}

export interface Curve {
  label: string;
  colour: string;
  /** Percentiles and milliseconds, rising. */
  points: readonly (readonly [percent: number, ms: number])[];
}

const CURVE = { width: 420, height: 250, left: 48, right: 26, top: 12, bottom: 28 };
/** Where the axis is marked: each step leaves out a tenth of what the one before left out. */
const MARKS = [50, 90, 99, 99.9, 99.99];

/** The rarer, the further right: equal steps from 90 to 99 and from 99 to 99.9 percent. Times on a logarithmic scale. */
export function curveChart(title: string, curves: readonly Curve[], bounds: [number, number]): string {
  const { width, height, left, right, top, bottom } = CURVE;
  const rarity = (percent: number): number => -Math.log10(1 - Math.min(percent, 99.99) / 100);
  const x = (percent: number): number => left + (rarity(percent) / 4) * (width - left - right);
  const [low, high] = [Math.log10(bounds[0]), Math.log10(bounds[1])];
  const y = (ms: number): number =>
    top +
    ((high - Math.log10(Math.min(Math.max(ms, bounds[0]), bounds[1]))) / (high - low)) *
      (height - top - bottom);
  const grid = [
    ...MARKS.map(
      (percent) =>
        `<path class="grid" d="M${round(x(percent))} ${top}V${height - bottom}"/><text class="tick" x="${round(x(percent))}" y="${height - bottom + 16}" text-anchor="middle">p${percent}</text>`,
    ),
    ...ticks(bounds).map(
      (ms) =>
        `<path class="grid" d="M${left} ${round(y(ms))}H${width - right}"/><text class="tick" x="${left - 6}" y="${round(y(ms)) + 4}" text-anchor="end">${tickText(ms)}</text>`,
    ),
  ];
  const lines = curves.map(({ label, colour, points }) => {
    const path = points.map(([percent, ms]) => `${round(x(percent))} ${round(y(ms))}`).join('L');
    const dots = points.map(
      ([percent, ms]) =>
        `<circle class="dot ${colour}" cx="${round(x(percent))}" cy="${round(y(ms))}" r="2.5"><title>${escaped(`${label}, p${percent}: ${ms.toPrecision(3)} ms`)}</title></circle>`,
    );
    return `<path class="curve ${colour}" d="M${path}"><title>${escaped(label)}</title></path>${dots.join('')}`;
  });
  return figure(title, width, height, [...grid, ...lines].join('\n'));
}

/** Powers of ten, with 2 and 5 between them where there is room. */
function ticks([low, high]: [number, number]): number[] {
  const decades = Math.log10(high / low);
  const steps = decades > 2.5 ? [1] : [1, 2, 5];
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
    }
  }
  return found;
}

function tickText(ms: number): string {
  if (ms >= 1000) return `${ms / 1000} s`;
  return ms >= 1 ? `${Math.round(ms)} ms` : `${Math.round(ms * 1000)} µs`;
}

function figure(title: string, width: number, height: number, content: string): string {
  return `<figure><figcaption>${escaped(title)}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">${content}</svg></figure>`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
