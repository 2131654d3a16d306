// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exportDefinition } from '../../src/openapi/export/export.js';
import { renderExport } from '../../src/openapi/export/render.js';
import { type ImportResult, importDefinition } from '../../src/openapi/import.js';
import { findNotExecuted } from '../../src/openapi/not-executed.js';
import { formatProblem } from '../../src/openapi/problem.js';
import { usedStageVariables } from '../../src/openapi/stage-variables.js';
import { decodeItem, encodeItem } from '../../src/proto/codec.js';
import { inFormat, TARGET } from './export-fixed-point.js';

const CORPUS = join(import.meta.dirname, '../corpus');
/** The largest one aside: a run of it takes a hundred times as long as one of the others. */
const FILES = readdirSync(CORPUS).filter((file) => file !== 'INDEX.md' && file !== 'pn-bff-web.openapi.yaml');
const TEXTS = FILES.map((file) => readFileSync(join(CORPUS, file), 'utf8'));

/** The other two combinations have property tests of their own. */
const EXPORTS = [
  ['oas30', 'yaml'],
  ['swagger', 'json'],
] as const;

/** What must hold whatever the text is. */
function check(text: string): ImportResult {
  const result = importDefinition(text, 'x');
  const { definition, problems, locate } = result;
  const lines = text.split('\n');
  const all = definition === undefined ? problems : [...problems, ...findNotExecuted(definition, locate)];
  for (const problem of all) {
    const line = lines[problem.line - 1];
    expect(line).toBeDefined();
    expect(problem.column).toBeGreaterThanOrEqual(1);
    expect(problem.column).toBeLessThanOrEqual((line ?? '').length + 2);
    expect(problem.message).toMatch(/\S/);
    expect(problem.pointer === '' || problem.pointer.startsWith('/')).toBe(true);
  }
  expect(definition === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
  if (definition !== undefined) {
    for (const { pointer } of usedStageVariables(definition)) expect(locate(pointer).line).toBeGreaterThan(0);
    const stage = { apiId: 'a', name: 's', variables: {}, deployment: { id: 'd', definition } };
    const item = { kind: 'stage', stage } as const;
    expect(decodeItem(encodeItem(item))).toEqual(item);
    for (const [format, syntax] of EXPORTS) {
      const exported = renderExport(exportDefinition(definition, { ...TARGET, format }), syntax);
      const again = importDefinition(exported, 'x');
      expect(again.definition, again.problems.map(formatProblem).join('\n')).toEqual(
        inFormat(definition, format),
      );
    }
  }
  return result;
}

/** Values that stand where others should. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  1e300,
  '',
  'text',
  '${x}',
  '#/paths',
  [],
  [null],
  {},
  { $ref: '#' },
  { $ref: '#/paths' },
  { $ref: 1 },
  { Ref: 'X' },
  { 'Fn::Sub': [] },
  { 'Fn::Join': [1, [2, { 'Fn::Sub': '${a}' }]] },
  { __proto__: null, constructor: 1, toString: {} },
];

/** Replaces, deletes or renames one value below `value`, chosen by `choices`. */
function mutate(value: unknown, choices: number[]): unknown {
  const [choice = 0, ...rest] = choices;
  if (typeof value !== 'object' || value === null || rest.length === 0 || choice % 7 === 0) {
    return STRANGE[choice % STRANGE.length];
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return value;
    const at = choice % value.length;
    return value.map((item: unknown, index) => (index === at ? mutate(item, rest) : item));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return value;
  const at = choice % entries.length;
  const mutated: [string, unknown][] = entries.flatMap(([key, item], index) => {
    if (index !== at) return [[key, item]];
    if (choice % 11 === 0) return [];
    return [[choice % 13 === 0 ? `${key}~/"\n` : key, mutate(item, rest)]];
  });
  return Object.fromEntries(mutated);
}

describe('an import never throws or hangs and every problem has a place', () => {
  const texts = fc.constantFrom(...TEXTS);

  test('for texts cut off anywhere', () => {
    fc.assert(
      fc.property(texts, fc.double({ min: 0, max: 1, noNaN: true }), (text, share) => {
        check(text.slice(0, Math.floor(text.length * share)));
      }),
      { numRuns: 100 },
    );
  });

  test('for texts with characters put in or taken out', () => {
    const inserted = fc.constantFrom(
      '',
      '{',
      '}',
      '[',
      '"',
      "'",
      ':',
      '\n',
      '\t',
      '- ',
      '&a ',
      '*a',
      '!x ',
      '<<: ',
      '\u0000',
      '\u2028',
      '😀',
    );
    fc.assert(
      fc.property(
        texts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        inserted,
        fc.nat(3),
        (text, share, put, taken) => {
          const at = Math.floor(text.length * share);
          check(text.slice(0, at) + put + text.slice(at + taken));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('for documents with values replaced, deleted and renamed', () => {
    const documents = TEXTS.map((text) => parse(text, { uniqueKeys: false, logLevel: 'silent' }) as unknown);
    const choices = fc.array(fc.nat(1_000_000), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(
        fc.constantFrom(...documents),
        fc.array(choices, { minLength: 1, maxLength: 4 }),
        (document, all) => {
          let mutated = document;
          for (const path of all) mutated = mutate(mutated, path);
          check(JSON.stringify(mutated, null, 1) ?? '');
        },
      ),
      { numRuns: 500 },
    );
  });
});
