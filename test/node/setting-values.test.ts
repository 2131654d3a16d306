import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration } from '../../src/model/duration.js';
import { didYouMean } from '../../src/node/did-you-mean.js';
import * as values from '../../src/node/setting-values.js';

const day = values.duration(0, 86_400_000);
const size = values.bytes(0, 1e12);

const accepted: [string, values.Parser<unknown>, string, unknown][] = [
  ['port', values.port, '0', 0],
  ['port', values.port, '65535', 65_535],
  ['duration', day, '30', 30_000],
  ['duration', day, '30s', 30_000],
  ['duration', day, '1.5s', 1_500],
  ['duration', day, '500ms', 500],
  ['duration', day, '5m', 300_000],
  ['duration', day, '24h', 86_400_000],
  ['duration', day, '0', 0],
  ['bytes', size, '65536', 65_536],
  ['bytes', size, '64KiB', 65_536],
  ['bytes', size, '10MiB', 10_485_760],
  ['bool', values.bool, 'TRUE', true],
  ['bool', values.bool, 'off', false],
  ['host', values.host, '0.0.0.0', '0.0.0.0'],
  ['host', values.host, '[::1]', '::1'],
  ['host', values.host, '::', '::'],
  ['host', values.host, 'my-host.internal', 'my-host.internal'],
  ['stageName', values.stageName, 'v1_Prod-2', 'v1_Prod-2'],
  ['apiId', values.apiId, 'a1b2c3d4e5', 'a1b2c3d4e5'],
  ['basePath', values.basePath, '/', ''],
  ['basePath', values.basePath, '(none)', ''],
  ['basePath', values.basePath, '/orders/v2/', 'orders/v2'],
  ['basePath', values.basePath, 'a$-_.+!*()', 'a$-_.+!*()'],
  ['domain', values.domain, 'API.Example.com', 'api.example.com'],
  ['domain', values.domain, '*.example.com', '*.example.com'],
  ['region', values.region, 'us-gov-west-1', 'us-gov-west-1'],
  ['accountId', values.accountId, '000000000000', '000000000000'],
  ['httpUrl', values.httpUrl, 'http://localhost:9001/', 'http://localhost:9001'],
  ['httpUrl', values.httpUrl, 'https://lambda.example.com/base/', 'https://lambda.example.com/base'],
  ['namedValue', values.namedValue, 'a=b=c', { name: 'a', value: 'b=c' }],
  ['stageVariableValue', values.stageVariableValue, 'http://x:1/?a=b&c,d#e', 'http://x:1/?a=b&c,d#e'],
];

const refused: [string, values.Parser<unknown>, string][] = [
  ['port', values.port, ''],
  ['port', values.port, '-1'],
  ['port', values.port, '65536'],
  ['port', values.port, '80.5'],
  ['port', values.port, '0x50'],
  ['port', values.port, ' 80'],
  ['duration', day, '5x'],
  ['duration', day, '-1s'],
  ['duration', day, '25h'],
  ['duration', day, '1e3'],
  ['bytes', size, '10MB'],
  ['bytes', size, '1.5KiB'],
  ['bool', values.bool, 'maybe'],
  ['host', values.host, '300.1.1.1'],
  ['host', values.host, 'a b'],
  ['host', values.host, 'localhost:80'],
  ['host', values.host, 'http://localhost'],
  ['stageName', values.stageName, '$default'],
  ['stageName', values.stageName, 'a'.repeat(129)],
  ['apiId', values.apiId, 'ABC'],
  ['basePath', values.basePath, 'a//b'],
  ['basePath', values.basePath, 'a/../b'],
  ['basePath', values.basePath, '_aws/x'],
  ['basePath', values.basePath, 'a b'],
  ['basePath', values.basePath, 'a%2Fb'],
  ['domain', values.domain, 'example.com:80'],
  ['domain', values.domain, 'a.*.com'],
  ['region', values.region, 'US East'],
  ['accountId', values.accountId, '1234'],
  ['httpUrl', values.httpUrl, 'localhost:9001'],
  ['httpUrl', values.httpUrl, 'http://user:secret@host'],
  ['httpUrl', values.httpUrl, 'ftp://host'],
  ['namedValue', values.namedValue, '=x'],
  ['namedValue', values.namedValue, 'x'],
  ['stageVariableName', values.stageVariableName, 'a-b'],
  ['stageVariableValue', values.stageVariableValue, 'a b'],
  ['functionName', values.functionName, 'a.b'],
  ['exportName', values.exportName, 'a.b'],
];

describe('a setting', () => {
  it.each(accepted)('%s (case %#) takes its form', (_name, parser, text, value) => {
    expect(parser(text)).toEqual(value);
  });

  it.each(refused)('%s (case %#) refuses any other with the rule and the text', (_name, parser, text) => {
    const shown = text === '' ? 'not empty' : `not "${text.slice(0, 80)}`;
    expect(() => parser(text)).toThrow(values.InvalidValue);
    expect(() => parser(text)).toThrow(/^must .*, not /);
    expect(() => parser(text)).toThrow(shown);
  });

  it('never fails otherwise, and never shows control characters', () => {
    const parsers = [...new Set([...accepted, ...refused].map(([, parser]) => parser))];
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const parser of parsers) {
          try {
            parser(text);
          } catch (error) {
            expect(error).toBeInstanceOf(values.InvalidValue);
            // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
            expect((error as Error).message).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('writes times so that they can be read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400_000 }), (ms) => {
        expect(day(formatDuration(ms))).toBe(ms);
      }),
    );
    expect([0, 1, 1_000, 60_000, 90_000, 3_600_000].map(formatDuration)).toEqual([
      '0ms',
      '1ms',
      '1s',
      '1m',
      '90s',
      '1h',
    ]);
  });
});

describe('a suggestion', () => {
  const words = ['port', 'adminPort', 'stageVariables', 'functions', 'basePath'];
  it.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['adminport', 'adminPort'],
    ['stagevariable', 'stageVariables'],
    ['function', 'functions'],
    ['base_path', 'basePath'],
  ])('for %s is %s', (word, meant) => {
    expect(didYouMean(word, words)).toBe(meant);
  });

  it('is not made when nothing is near', () => {
    expect(didYouMean('colour', words)).toBeUndefined();
    expect(didYouMean('x'.repeat(100_000), words)).toBeUndefined();
    expect(didYouMean('', words)).toBeUndefined();
  });
});
