import { expect, test } from 'vitest';
import { apiIdOf, buildSnapshot, type DeployedDefinition } from '../../src/config/build-snapshot.js';
import type { MappingSettings } from '../../src/config/settings.js';
import { importDefinition } from '../../src/openapi/import.js';

function deployed(title: string, more: Partial<DeployedDefinition> = {}): DeployedDefinition {
  const text = JSON.stringify({ openapi: '3.0.3', info: { title, version: '1' }, paths: {} });
  const { definition } = importDefinition(text, 'a.json');
  if (definition === undefined) throw new Error('the document is sound');
  return { definition, stage: 'prod', stageVariables: {}, ...more };
}

function at(basePath: string, domain = ''): MappingSettings {
  return { domain, basePath };
}

test('an API without an id gets one from its title, the same every time', () => {
  const [api] = buildSnapshot([deployed('Orders')]).apis;
  expect(api?.id).toBe(apiIdOf('Orders'));
  expect(api?.id).toMatch(/^[0-9a-z]{10}$/);
  expect(apiIdOf('Orders')).not.toBe(apiIdOf('Pets'));
});

test('stages of one API stand under one id, and each definition has its mappings', () => {
  const snapshot = buildSnapshot([
    deployed('Orders', { stage: 'prod', mappings: [at('orders'), at('o')] }),
    deployed('Orders', { stage: 'beta', mappings: [at('', 'beta.example.com')] }),
  ]);
  expect(snapshot.apis.map(({ stages }) => stages.map(({ name }) => name))).toEqual([['prod', 'beta']]);
  expect(snapshot.mappings).toEqual([
    { domain: '', basePath: 'orders', apiId: apiIdOf('Orders'), stage: 'prod' },
    { domain: '', basePath: 'o', apiId: apiIdOf('Orders'), stage: 'prod' },
    { domain: 'beta.example.com', basePath: '', apiId: apiIdOf('Orders'), stage: 'beta' },
  ]);
});

test.each([
  [
    'the same stage of the same API',
    deployed('Orders', { mappings: [at('a')] }),
    deployed('Orders', { mappings: [at('b')] }),
    "stage 'prod'",
  ],
  ['the same base path', deployed('Orders'), deployed('Pets'), "mapped at '/'"],
])('two definitions that claim %s are refused with what to do', (_, one, other, message) => {
  expect(() => buildSnapshot([one, other])).toThrow(message);
  expect(() => buildSnapshot([one, other])).toThrow('in the configuration file');
});
