/** Java's regular expressions. `regex-recorded.json` holds what java.util.regex of JDK 17 answered. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BudgetError, DEFAULT_STEPS, refill, restore } from '../../src/java/budget.js';
import { JavaRegex, javaRegex, RegexSyntaxError, ReplacementError } from '../../src/java/regex/regex.js';
import { cpuTimeMs } from '../support/cpu-time.js';

interface Recorded {
  pattern: string;
  /** False: not a pattern; nothing else is given. */
  syntax?: false;
  text: string;
  matches: boolean;
  replacement: string;
  /** Null: Java threw. */
  replaced: string | null;
  parts: string[];
}

const recorded: Recorded[] = JSON.parse(
  readFileSync(new URL('regex-recorded.json', import.meta.url), 'utf8'),
);

let before = 0;
beforeEach(() => {
  before = refill(DEFAULT_STEPS);
});
afterEach(() => restore(before));

describe('a Java regular expression', () => {
  it('does what Java recorded', () => {
    for (const row of recorded) {
      const shown = JSON.stringify(row);
      if (row.syntax === false) {
        expect(() => new JavaRegex(row.pattern), shown).toThrow(RegexSyntaxError);
        continue;
      }
      refill(DEFAULT_STEPS);
      const regex = new JavaRegex(row.pattern);
      expect(regex.matches(row.text), shown).toBe(row.matches);
      expect(regex.split(row.text), shown).toEqual(row.parts);
      if (row.replaced === null) {
        expect(() => regex.replaceAll(row.text, row.replacement), shown).toThrow(ReplacementError);
      } else expect(regex.replaceAll(row.text, row.replacement), shown).toBe(row.replaced);
    }
    expect(recorded.length).toBeGreaterThan(300);
  });

  it('matches whole texts, finds parts, takes flags', () => {
    expect(new JavaRegex('b').matches('abc')).toBe(false);
    expect(new JavaRegex('b').finds('abc')).toBe(true);
    expect(new JavaRegex('[bx]').finds('abc')).toBe(true);
    expect(new JavaRegex('ABC', 'i').matches('abc')).toBe(true);
    expect(new JavaRegex('a.c', 's').matches('a\nc')).toBe(true);
    expect(new JavaRegex('a b # c', 'x').matches('ab')).toBe(true);
  });

  it('splits with a limit', () => {
    expect(new JavaRegex(',').split('a,b,c', 2)).toEqual(['a', 'b,c']);
    expect(new JavaRegex(',').split('a,,', -1)).toEqual(['a', '', '']);
  });

  it('says what is wrong with a pattern, and where', () => {
    expect(() => new JavaRegex('a(b')).toThrow('Unclosed group near index 3 of the regular expression a(b');
    expect(() => new JavaRegex('('.repeat(5000))).toThrow('Groups nested too deeply');
    expect(() => new JavaRegex('['.repeat(5000))).toThrow('nested too deeply');
  });

  it('agrees with the platform on simple patterns and texts', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '\\d', '(a)', '(?:b|c)', '.');
    const pattern = fc
      .array(fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}', '*?')), {
        minLength: 1,
        maxLength: 4,
      })
      .map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^[abc1]{0,12}$/), (source, text) => {
        const regex = new JavaRegex(source);
        expect(regex.matches(text)).toBe(new RegExp(`^(?:${source})$`).test(text));
        expect(regex.replaceAll(text, '<$0>')).toBe(text.replace(new RegExp(source, 'g'), '<$&>'));
      }),
      { numRuns: 1500 },
    );
  });

  it('compiles or is refused, whatever it is', () => {
    const tokens = fc.constantFrom(...'()[]{}?*+|\\^$.-&,:<=!>abc019QEpPbBdk \n'.split(''));
    fc.assert(
      fc.property(
        fc.array(tokens, { maxLength: 20 }).map((list) => list.join('')),
        fc.string(),
        (source, text) => {
          refill(DEFAULT_STEPS);
          try {
            new JavaRegex(source).replaceAll(text, '');
          } catch (error) {
            if (!(error instanceof RegexSyntaxError) && !(error instanceof BudgetError)) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('a catastrophic expression', () => {
  it.each(['(a+)+$', '(a|a)*$', '(a|aa)+$', '(.*)*x', '(a*)*b', '([a-z]+)*[0-9]'])(
    '%s runs out of steps',
    (pattern) => {
      const regex = new JavaRegex(pattern);
      const began = cpuTimeMs();
      expect(() => regex.matches(`${'a'.repeat(5000)}!`)).toThrow(BudgetError);
      expect(cpuTimeMs() - began).toBeLessThan(3000);
    },
  );

  it('does not overflow the stack on a long text', () => {
    expect(new JavaRegex('(a|b)*').matches('ab'.repeat(10_000))).toBe(true);
  });
});

describe('compiled expressions', () => {
  it('are kept by their source', () => {
    expect(javaRegex('k+ept')).toBe(javaRegex('k+ept'));
  });
});
