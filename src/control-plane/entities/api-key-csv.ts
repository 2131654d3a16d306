/** API keys as a CSV file (ImportApiKeys): a heading line, then a key a line; columns in any order, unknown ones ignored. */
import { badRequest } from '../wire/errors.js';

export interface ApiKeyRow {
  /** Of the file, the heading being 1, so that a warning says where. */
  row: number;
  name: string;
  key: string;
  description: string;
  enabled: boolean;
  usagePlanIds: string[];
}

/** @throws ApiError for a file without the columns `name` and `key` */
export function readApiKeyRows(text: string): ApiKeyRow[] {
  const [heading = [], ...rows] = readCsv(text);
  const columns = heading.map((name) => name.trim().toLowerCase());
  for (const name of ['name', 'key']) {
    if (!columns.includes(name)) {
      throw badRequest(
        `Invalid API Key file: its first line must name the columns Name and Key, ${name} is missing`,
      );
    }
  }
  return rows.map((fields, index) => {
    const field = (name: string): string => fields[columns.indexOf(name)]?.trim() ?? '';
    return {
      row: index + 2,
      name: field('name'),
      key: field('key'),
      description: field('description'),
      // Documented: true is the default.
      enabled: field('enabled').toLowerCase() !== 'false',
      usagePlanIds: field('usageplanids')
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== ''),
    };
  });
}

/** RFC 4180, without its empty lines. @throws ApiError for quotes that do not end where a field does */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  while (at < text.length || row.length > 0) {
    const field = quotedField(text, at) ?? plainField(text, at);
    const mark = text[field.end];
    if (mark !== undefined && !ENDS.includes(mark)) {
      throw badRequest(`Invalid API Key file: line ${rows.length + 1} has a quotation mark out of place`);
    }
    row.push(field.value);
    at = field.end + (text.startsWith('\r\n', field.end) ? 2 : 1);
    if (mark === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

interface Field {
  value: string;
  /** Where its separator is. */
  end: number;
}

const ENDS = ',\r\n';

function quotedField(text: string, start: number): Field | undefined {
  if (text[start] === "'") return singleQuotedField(text, start);
  if (text[start] !== '"') return undefined;
  let close = text.indexOf('"', start + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  // Without an end the quotation mark is reported as what stands where a separator should.
  if (close < 0) return { value: '', end: start };
  return { value: text.slice(start + 1, close).replaceAll('""', '"'), end: close + 1 };
}

/** Documented for lists of usage plans; an apostrophe that only begins a text is part of it. */
function singleQuotedField(text: string, start: number): Field | undefined {
  const close = text.indexOf("'", start + 1);
  const value = text.slice(start + 1, close);
  const after = text[close + 1];
  const closes = close > start && (after === undefined || ENDS.includes(after)) && !/[\r\n]/.test(value);
  return closes ? { value, end: close + 1 } : undefined;
}

function plainField(text: string, start: number): Field {
  const separator = /[,\r\n]/g;
  separator.lastIndex = start;
  const end = separator.exec(text)?.index ?? text.length;
  return { value: text.slice(start, end), end };
}
