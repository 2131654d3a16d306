/** What validation is told about mappings and selection patterns before a configuration is applied. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternProblem } from '../../src/integrations/custom/selection-pattern.js';
import { expressionProblem } from '../../src/mapping/expression.js';

describe('expressionProblem', () => {
  it.each([
    "'x'",
    'stageVariables.x',
    'context.requestId',
    'context.authorizer.claims.sub',
    'context.identity.cognitoIdentityId',
    'method.request.path.x',
    'method.request.multivalueheader.x',
    'method.request.body',
    'method.request.body.a.b[0]',
    'method.request.body..a',
    'method.request.body.a[*]',
    'method.request.body.a[?(@.b)]',
  ])('%s is sound', (text) => {
    expect(expressionProblem(text, 'request')).toBeUndefined();
  });

  it.each([
    'true',
    '',
    'method.request.cookie.x',
    'integration.response.body',
    'method.request.header.',
    "'",
  ])('%s is refused in AWS words', (text) => {
    expect(expressionProblem(text, 'request')).toBe(`Invalid mapping expression specified: ${text}`);
  });

  it('unknown context variables are refused', () => {
    for (const text of ['context.nosuch', 'context.identity']) {
      expect(expressionProblem(text, 'request')).toBe(`Unknown context variable: ${text}`);
    }
  });

  it('property: never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('request', 'response'), (text, side) => {
        expressionProblem(text, side as 'request');
        expressionProblem(`method.request.body${text}`, 'request');
      }),
    );
  });
});

describe('patternProblem', () => {
  it.each(['.*', '4\\d{2}', '(\\n|.)+', '(?i).*not found.*', '(?!ok).*', '\\QNot found\\E.*'])(
    '%s is sound',
    (pattern) => {
      expect(patternProblem(pattern)).toBeUndefined();
    },
  );

  it.each(['(', '*', '[a', 'a{2,1}', '\\'])('%s is reported', (pattern) => {
    expect(patternProblem(pattern)).toContain(pattern);
  });
});
