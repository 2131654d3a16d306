// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
/** What a node says at start-up about definitions that cannot work with its upstreams. */
import { describe, expect, test } from 'vitest';
import { findUpstreamProblems } from '../../src/openapi/upstream-checks.js';
import { readUpstream } from '../../src/upstream/balancing/read-upstream.js';
import type { NamedUpstreams } from '../../src/upstream/balancing/target-counts.js';
import { Upstreams } from '../../src/upstream/balancing/upstreams.js';
import { definitionOf, INTEGRATION_AT, type Json, load, MOCK, openapi, operation } from './documents.js';

function upstream(written: Json) {
  const read = readUpstream(written, false, (_, message) => {
    throw new Error(message);
  });
  if (read === undefined) throw new Error('no upstream');
  return read.settings;
}

const NAMED: NamedUpstreams = {
  orders: upstream({ targets: ['a'] }),
  secure: upstream({ targets: ['a'], tls: {} }),
};

/** `pointer below the integration: message`. */
function problems(integration: Json): string[] {
  const result = load(
    openapi({ '/a': { get: operation({ type: 'http_proxy', httpMethod: 'GET', ...integration }) } }),
  );
  const found = findUpstreamProblems(definitionOf(result), result.locate, NAMED);
  expect(found.every(({ severity, line, file }) => severity === 'error' && line > 0 && file !== '')).toBe(
    true,
  );
  return found.map(({ pointer, message }) => `${pointer.replace(INTEGRATION_AT, '')}: ${message}`);
}

const TLS_CONFIG = { tlsConfig: { insecureSkipVerification: true } };

describe('an integration is refused', () => {
  test('that names an upstream, or a shadow, nobody configured', () => {
    expect(problems({ uri: 'http://h/', 'x-propylon-upstream': 'Nope' })).toEqual([
      '/x-propylon-upstream: The configuration has no upstream "Nope", so nobody could be called: add it to upstreams in the file for --config.',
    ]);
    const inline = { targets: ['127.0.0.1:7101'], shadow: { upstream: 'nope' } };
    expect(problems({ uri: 'http://h/', 'x-propylon-upstream': inline })).toEqual([
      '/x-propylon-upstream/shadow/upstream: The configuration has no upstream "nope", which is to get shadow copies: add it to upstreams in the file for --config.',
    ]);
  });

  test('whose URI says http when the upstream it names has tls, in the words of the log', () => {
    const said = new Upstreams({ named: NAMED, client: { request: () => expect.unreachable() } }).named(
      'secure',
      'http',
    );
    expect(said).toBeTypeOf('string');
    expect(problems({ uri: 'HTTP://Secure/v1' })).toEqual([`/uri: ${said}.`]);
    expect(problems({ uri: 'http://secure/{p}', type: 'http', responses: MOCK.responses })).toEqual([
      `/uri: ${said}.`,
    ]);
    expect(problems({ uri: 'http://h/', 'x-propylon-upstream': 'SECURE' })).toEqual([`/uri: ${said}.`]);
  });

  test('with a tlsConfig when its host is an upstream', () => {
    const message = '/tlsConfig: tlsConfig has no effect with an upstream: write tls in the upstream.';
    expect(problems({ uri: 'https://orders/', ...TLS_CONFIG })).toEqual([message]);
    expect(problems({ uri: 'https://orders', ...TLS_CONFIG })).toEqual([message]);
  });
});

test.each([
  { uri: 'https://secure/' },
  { uri: 'http://orders/' },
  { uri: 'https://h/', 'x-propylon-upstream': 'secure' },
  { uri: 'https://h/', 'x-propylon-upstream': { targets: ['b'], shadow: { upstream: 'Orders' } } },
  { uri: 'http://secure:80/' },
  { uri: 'https://h/orders', ...TLS_CONFIG },
  { uri: 'http://${stageVariables.host}/' },
  { uri: 'https://${stageVariables.host}/', ...TLS_CONFIG },
  { uri: 'http://constructor/' },
  MOCK,
])('an integration that may work is left alone: %j', (integration) => {
  expect(problems(integration)).toEqual([]);
});
