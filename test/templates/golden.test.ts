/**
 * Each file in `golden/` is one case: a sentence that says what holds, then sections that begin with `--- name`:
 *
 *   template           the template
 *   output             what it renders, exactly; the line end before the next section does not count
 *   compile-error      instead of an output: a part of the TemplateError's message
 *   run-error          instead of an output: a part of the TemplateRunError's message
 *   body               the payload; absent: empty
 *   params             JSON: {"path": {}, "querystring": {}, "header": {}}
 *   context            JSON: members of $context
 *   stage-variables    JSON
 *   response-template  a second template, rendered with the same overrides
 *   response-body      its payload
 *   response-output    what it renders
 *   overrides          JSON: what was set, {"request": {"header": {"X": ["v"]}}, "response": {...}, "status": 404}
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Overrides, type ParameterPlace } from '../../src/templates/scope.js';
import { compileTemplate } from '../../src/templates/template.js';
import { type Inputs, scopeOf } from './scope.js';

const folder = new URL('golden/', import.meta.url);

interface Case {
  claim: string;
  sections: Map<string, string>;
}

function parse(text: string): Case {
  const [claim = '', ...parts] = text.split(/^--- /m);
  const sections = new Map<string, string>();
  for (const part of parts) {
    const end = part.indexOf('\n');
    const name = end < 0 ? part : part.slice(0, end);
    sections.set(name, end < 0 ? '' : part.slice(end + 1).replace(/\n$/, ''));
  }
  return { claim: claim.trim(), sections };
}

function inputsOf({ sections }: Case, overrides: Overrides): Inputs {
  const json = (name: string) => JSON.parse(sections.get(name) ?? '{}');
  return {
    body: sections.get('body') ?? '',
    params: json('params'),
    context: json('context'),
    stageVariables: json('stage-variables'),
    overrides,
  };
}

function plain(
  list: readonly { name: string; values: readonly string[] }[],
): Record<string, readonly string[]> {
  return Object.fromEntries(list.map(({ name, values }) => [name, values]));
}

function written(overrides: Overrides): Record<string, unknown> {
  const request: Record<string, unknown> = {};
  for (const place of ['path', 'querystring', 'header'] satisfies ParameterPlace[]) {
    const values = plain(overrides.requestParameters(place));
    if (Object.keys(values).length > 0) request[place] = values;
  }
  return {
    request,
    response: plain(overrides.responseHeaders()),
    status: overrides.responseStatus() ?? null,
  };
}

function run(golden: Case): void {
  const { sections } = golden;
  const template = sections.get('template') ?? '';
  const compileError = sections.get('compile-error');
  if (compileError !== undefined) {
    expect(() => compileTemplate(template)).toThrow(compileError);
    return;
  }
  const overrides = new Overrides();
  const scope = scopeOf(inputsOf(golden, overrides));
  const compiled = compileTemplate(template);
  const runError = sections.get('run-error');
  if (runError !== undefined) {
    expect(() => compiled.render(scope)).toThrow(runError);
    return;
  }
  const output = compiled.render(scope);
  expect(output).toBe(sections.get('output') ?? '');
  // A second rendering must not see what the first one left behind, the overrides aside.
  if (!template.includes('Override'))
    expect(compiled.render(scopeOf(inputsOf(golden, overrides)))).toBe(output);
  const response = sections.get('response-template');
  if (response !== undefined) {
    const responseScope = scopeOf({
      ...inputsOf(golden, overrides),
      body: sections.get('response-body') ?? '',
    });
    expect(compileTemplate(response).render(responseScope)).toBe(sections.get('response-output') ?? '');
  }
  const expected = sections.get('overrides');
  if (expected !== undefined) {
    expect(written(overrides)).toEqual({ request: {}, response: {}, status: null, ...JSON.parse(expected) });
  }
}

describe('golden files', () => {
  for (const file of readdirSync(folder).sort()) {
    const golden = parse(readFileSync(new URL(file, folder), 'utf8'));
    it(`${file}: ${golden.claim}`, () => run(golden));
  }
});
