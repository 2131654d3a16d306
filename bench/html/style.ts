/** The report's only style sheet: light and dark, wide and narrow, on paper too. */

/** A colour for each variant, told apart by colour-blind readers too; the same in every chart. */
const COLOURS: Readonly<Record<string, [light: string, dark: string]>> = {
  propylon: ['#1f5fd0', '#6ea8ff'],
  variant: ['#7aa5ea', '#3d6fc4'],
  nginx: ['#d98300', '#f0a93b'],
  haproxy: ['#00876a', '#2fc39b'],
  'http-proxy': ['#b0568a', '#e08bbb'],
  fastify: ['#b8410b', '#ee8357'],
  'fast-gateway': ['#6f55c0', '#a895ee'],
  'serverless-offline': ['#b0568a', '#e08bbb'],
  other: ['#767676', '#9a9a9a'],
};

/** Class of a variant; several Propylons in one chart are told apart by their order. */
export function colourOf(name: string, all: readonly string[]): string {
  if (name.startsWith('propylon')) {
    const own = all.filter((other) => other.startsWith('propylon'));
    return own.length === 1 || own.at(-1) === name ? 'c-propylon' : 'c-variant';
  }
  return name in COLOURS ? `c-${name}` : 'c-other';
}

const variables = (which: 0 | 1): string =>
  Object.entries(COLOURS)
    .map(([name, pair]) => `--${name}: ${pair[which]};`)
    .join(' ');

const classes = Object.keys(COLOURS)
  .map((name) => `.c-${name} { fill: var(--${name}); stroke: var(--${name}); background: var(--${name}); }`)
  .join('\n');

export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d9dee4; --page: #ffffff; --card: #f6f8fa; --good: #14713a; --bad: #b3261e; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa4af; --line: #343b44; --page: #14171b; --card: #1c2127; --good: #5cc98a; --bad: #ff8a80; ${variables(1)} } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1360px; padding: 24px 20px 60px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 24px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 40px 0 2px; padding-top: 16px; border-top: 1px solid var(--line); }
p { margin: 4px 0; color: var(--soft); max-width: 90ch; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; margin: 12px 0; }
th, td { text-align: right; padding: 4px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(360px, 100%), 1fr)); gap: 14px; margin: 14px 0; }
figure { margin: 0; padding: 12px 14px; background: var(--card); border-radius: 8px; break-inside: avoid; }
figcaption { font-weight: 600; font-size: 13.5px; margin-bottom: 8px; }
svg { display: block; width: 100%; max-width: 560px; height: auto; }
svg text { fill: var(--ink); stroke: none; font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
svg .tick { fill: var(--soft); font-size: 11px; }
${classes}
svg rect { stroke: none; }
svg .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .dot { stroke: none; }
svg .spread { fill: none; stroke: var(--ink); stroke-width: 1; opacity: 0.7; }
svg .grid { fill: none; stroke: var(--line); stroke-width: 1; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; margin: 12px 0 0; padding: 0; list-style: none; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
pre { overflow-x: auto; font-size: 12.5px; line-height: 1.45; background: var(--card); border-radius: 8px; padding: 12px 14px; }
summary { cursor: pointer; color: var(--soft); font-size: 13.5px; }
nav { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13.5px; margin: 14px 0; }
a { color: var(--propylon); }
`;
