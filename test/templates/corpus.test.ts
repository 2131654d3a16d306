/** Every template of the real definitions in `test/corpus/` compiles, or is refused for a reason that is right. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { TemplateError, TemplateRunError } from '../../src/templates/errors.js';
import { compileTemplate } from '../../src/templates/template.js';
import { scopeOf } from './scope.js';

const folder = new URL('../corpus/', import.meta.url);

interface Found {
  file: string;
  path: string;
  template: string;
}

/** Texts under `requestTemplates` and `responseTemplates`, wherever they stand. CloudFormation's Fn::Sub is opened. */
function templates(file: string): Found[] {
  const document = parseDocument(readFileSync(new URL(file, folder), 'utf8'), {
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const found: Found[] = [];
  const visit = (value: unknown, path: string[], inTemplates: boolean): void => {
    if (typeof value === 'string') {
      if (inTemplates) found.push({ file, path: path.join(' > '), template: value });
    } else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) visit(item, [...path, String(i)], inTemplates);
    } else if (value !== null && typeof value === 'object') {
      for (const [key, member] of Object.entries(value)) {
        visit(
          member,
          [...path, key],
          inTemplates || key === 'requestTemplates' || key === 'responseTemplates',
        );
      }
    }
  };
  visit(document.toJS({ maxAliasCount: -1 }), [], false);
  return found;
}

const all = readdirSync(folder)
  .filter((file) => /\.(json|yaml)$/.test(file))
  .sort()
  .flatMap(templates);

/** Templates that are none, and why: by file and a part of the reason. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  // A CloudFormation pseudo parameter that Fn::Sub fills in before the gateway sees the template.
  ['samples-eventbridge-validated.cfn-template.yaml', '${AWS is not closed'],
]);

describe('templates of real definitions', () => {
  it('are found in the corpus', () => {
    expect(all.length).toBeGreaterThan(120);
  });

  it('compile, or are refused for a reason that is right', () => {
    const refused: string[] = [];
    for (const { file, path, template } of all) {
      try {
        compileTemplate(template);
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        const reason = REFUSED.get(file);
        if (reason === undefined || !error.message.includes(reason))
          refused.push(`${file} ${path}: ${error.message}\n${template}`);
      }
    }
    expect(refused).toEqual([]);
  });

  it.each(['', '{}', '{"a":1}', 'no json', '[1,2,3]', '"text"'])('run on the payload %j', (body) => {
    for (const { file, template } of all) {
      if (REFUSED.has(file)) continue;
      let output = '';
      try {
        output = compileTemplate(template).render(scopeOf({ body }));
      } catch (error) {
        if (!(error instanceof TemplateRunError)) throw error;
        expect(error.message).not.toContain('could not be run');
      }
      expect(output).not.toMatch(/\[object |function|undefined/);
    }
  });
});
