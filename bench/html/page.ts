/** What the pages of all benches have: the frame, the machine, the targets. */
import type { TargetResult } from '../load/results.js';
import { measuredText } from '../load/targets.js';
import type { Environment } from '../report.js';
import { escaped } from './charts.js';
import { STYLE } from './style.js';

/** A whole document. @param content HTML */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${content}
</body>
</html>
`;
}

export function aboutMachine({
  machine,
  versions,
  busyBefore,
  date,
}: Environment & { date: string }): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const busy =
    busyBefore > 0.1
      ? `\n<p class="bad">The cores were ${Math.round(busyBefore * 100)} % busy before the start: distrust the numbers.</p>`
      : '';
  return `<p>${escaped(date)}. ${escaped(machine)}.</p>
<p>${escaped(list.join(', '))}.</p>${busy}`;
}

const MET = {
  stretch: '<span class="good">✓ stretch</span>',
  target: '<span class="good">✓ target</span>',
  missed: '<span class="bad">✗ missed</span>',
};

export function targetRows(targets: readonly TargetResult[]): string {
  const rows = targets.map((one) => {
    const cells = [one.what, one.target, one.stretch, measuredText(one)].map(
      (text) => `<td>${escaped(text)}</td>`,
    );
    return `<tr>${cells.join('')}<td>${one.met === undefined ? '–' : MET[one.met]}</td></tr>`;
  });
  return `<div class="wide"><table><thead><tr><th>What</th><th>Target</th><th>Stretch</th><th>Measured</th><th></th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}
