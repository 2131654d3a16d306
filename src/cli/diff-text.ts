/** Differences as people read them: one line each, nothing in them can steer a terminal. */
import type { Difference, Summary } from '../config/diff.js';
import { printable } from '../telemetry/printable.js';
import { count } from './output.js';

const SIGNS = { added: '+', removed: '-', changed: '~' };
const MAX_VALUE = 120;

/** `~ orders/prod GET /pets: integration.uri "http://a" -> "http://b"` */
export function differenceLine(difference: Difference): string {
  const { route, field } = difference;
  const place = [subject(difference), ...(route === undefined ? [] : [route])].join(' ');
  const detail = [...(field === undefined ? [] : [field]), ...sides(difference)].join(' ');
  return line(difference, place, detail);
}

/** `~ orders/prod: 1 route added, 2 changed; variables.backend` */
export function summaryLine(summary: Summary): string {
  const { routes, fields = [] } = summary;
  const details = [
    ...sides(summary),
    ...(routes === undefined ? [] : [routesText(routes)]),
    ...fieldsText(fields),
  ];
  return line(summary, subject(summary), details.join('; '));
}

function line({ kind }: Summary, place: string, detail: string): string {
  return printable(`${SIGNS[kind]} ${place}${detail === '' ? '' : `: ${detail}`}`);
}

/** Before and after, as far as there are both. */
function sides({ mapping, from, to }: Summary): string[] {
  const values = [from, to].filter((value) => value !== undefined);
  if (values.length === 0) return [];
  return [values.map((value) => (mapping === undefined ? shown(value) : String(value))).join(' -> ')];
}

function subject({ api, stage, mapping, domain, item }: Summary): string {
  if (stage !== undefined) return `${api}/${stage}`;
  if (api !== undefined) return `API ${api}`;
  if (mapping !== undefined) return `mapping ${mapping}`;
  return domain === undefined ? `item ${item}` : `domain ${domain}`;
}

function routesText(routes: NonNullable<Summary['routes']>): string {
  const counts = (['added', 'removed', 'changed'] as const).filter((kind) => routes[kind] > 0);
  return counts
    .map((kind, i) => `${i === 0 ? count(routes[kind], 'route') : routes[kind]} ${kind}`)
    .join(', ');
}

const FIELDS_SHOWN = 3;

function fieldsText(fields: readonly string[]): string[] {
  if (fields.length === 0) return [];
  const more = fields.length - FIELDS_SHOWN;
  return [fields.slice(0, FIELDS_SHOWN).join(', ') + (more > 0 ? ` and ${count(more, 'field')} more` : '')];
}

function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > MAX_VALUE ? `${json.slice(0, MAX_VALUE)}...` : json;
}
