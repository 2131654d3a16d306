/** Whatever the template: it compiles or is refused, it renders or fails, soon, and shows nothing of the host. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TemplateError, TemplateRunError } from '../../src/templates/errors.js';
import { type CompiledTemplate, compileTemplate } from '../../src/templates/template.js';
import { cpuTimeMs } from '../support/cpu-time.js';
import { soup, valid } from './arbitrary.js';
import { type Inputs, scopeOf } from './scope.js';

const INPUTS: readonly Inputs[] = [
  {},
  {
    body: '{"a":{"b":"c"},"list":[1,"x",{"k":null}],"map":{"k":1.50},"text":"a,b","__proto__":{"x":1}}',
    params: { path: { x: '1' }, header: { Accept: '*/*' } },
    context: { stage: 's', identity: { sourceIp: '1.2.3.4', user: null } },
    stageVariables: { tier: 'gold' },
  },
  { body: 'no json' },
];

/** Signs of the host in an output. */
const HOST = /\[object |native code|=> |function |undefined|NaN\b(?!")|Symbol\(/;

/** Milliseconds for one rendering, with the whole budget and a busy machine. */
const PATIENCE = 5000;

function check(source: string): void {
  const began = cpuTimeMs();
  let template: CompiledTemplate;
  try {
    template = compileTemplate(source);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    expect(error.line).toBeGreaterThan(0);
    expect(error.column).toBeGreaterThan(0);
    return;
  }
  for (const inputs of INPUTS) {
    try {
      const output = template.render(scopeOf(inputs));
      expect(typeof output).toBe('string');
      // An arrow in the template may get its space from a reference that renders as nothing.
      if (!HOST.test(source) && !source.includes('=>')) expect(output).not.toMatch(HOST);
    } catch (error) {
      if (!(error instanceof TemplateRunError) || error.message.includes('could not be run')) throw error;
    }
  }
  expect(cpuTimeMs() - began).toBeLessThan(PATIENCE);
}

describe('a random template', () => {
  it('of tokens in any order compiles or is refused with a place', () => {
    fc.assert(fc.property(soup, check), { numRuns: 3000 });
  });

  it('of the grammar compiles, and renders or fails with a reason', () => {
    fc.assert(
      fc.property(valid, (source) => {
        expect(() => compileTemplate(source)).not.toThrow();
        check(source);
      }),
      { numRuns: 1500 },
    );
  });

  it('of plain text renders as that text', () => {
    const plain = fc.string().map((text) => text.replaceAll(/[$#\\]/g, ''));
    fc.assert(
      fc.property(plain, (text) => {
        const trimmed = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
        expect(compileTemplate(text).render(scopeOf())).toBe(trimmed);
      }),
    );
  });

  it('prints any text of the payload as it is, and any JSON value as JSON', () => {
    const template = compileTemplate("$input.path('$.t')\n$input.json('$.v')");
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.jsonValue(), (text, value) => {
        const body = JSON.stringify({ t: text, v: value });
        const [first = '', ...rest] = template.render(scopeOf({ body })).split(/\n(?=[^\n]*$)/);
        expect(first).toBe(text);
        expect(JSON.parse(rest.join(''))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
