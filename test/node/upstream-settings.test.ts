/** `upstreams` of `propylon.yaml`. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings, SettingsError } from '../../src/node/load-settings.js';
import type { NamedUpstreams } from '../../src/upstream/balancing/target-counts.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-upstreams-'));
  for (const name of ['localhost.crt', 'localhost.key', 'other.key', 'authority.crt']) {
    copyFileSync(fileURLToPath(new URL(`../upstream/fixtures/${name}`, import.meta.url)), join(folder, name));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function load(yaml: string): Promise<NamedUpstreams> {
  writeFileSync(join(folder, 'propylon.yaml'), yaml);
  const flags = {
    layer: new Map(),
    definitions: [],
    stageVariables: [],
    functions: [],
    config: { text: 'propylon.yaml', where: '--config' },
  };
  const { settings } = await loadSettings({ flags, environment: {}, cwd: folder });
  return settings.upstreams;
}

async function problems(yaml: string): Promise<readonly string[]> {
  try {
    await load(yaml);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('upstreams', () => {
  it('are read by name, in lower case, with the files they name relative to the configuration', async () => {
    const upstreams = await load(`
upstreams:
  Orders:
    targets: &t [{ address: 10.0.0.1:8080, weight: 2 }, 10.0.0.2:8080]
    retry: { on: [connect-failure, 503], budget: 20% }
    shadow: { upstream: CANARY, percent: 5 }
  canary:
    targets: *t
    tls: { cert: localhost.crt, key: localhost.key, ca: authority.crt, serverName: api.internal }
`);
    expect(Object.keys(upstreams)).toEqual(['orders', 'canary']);
    expect(upstreams.orders).toMatchObject({
      targets: [
        { host: '10.0.0.1', port: 8080, weight: 2 },
        { host: '10.0.0.2', port: 8080, weight: 1 },
      ],
      retry: { onConnectFailure: true, onStatus: new Set([503]), budget: 20 },
      shadow: { upstream: 'canary', percent: 5 },
    });
    const { tls } = upstreams.canary ?? {};
    expect(tls).toMatchObject({ serverName: 'api.internal', identity: { name: 'canary' } });
    expect(tls?.identity?.cert).toContain('BEGIN CERTIFICATE');
  });

  it('name all that is wrong with line and column', async () => {
    expect(
      await problems(`upstreams:
  one:
    targets: [a, a]
    retry:
      on: [503, 200]
    blance: x
  two words: { targets: [a] }
  One: { targets: [a] }
  self: { targets: [a], shadow: { upstream: self } }
  lost: { targets: [a], shadow: { upstream: nobody } }
  empty:
`),
    ).toEqual([
      expect.stringMatching(/^propylon.yaml:6:13: upstreams.one.blance is not known: use targets, /),
      'propylon.yaml:3:18: upstreams.one.targets[1] is the same target as one before it: give that one more weight',
      'propylon.yaml:5:17: upstreams.one.retry.on[1] must be connect-failure, reset, 429 or a status from 500 to 599, not "200"',
      'propylon.yaml:7:3: upstreams.two words must have a name of letters, digits, hyphens and underscores, as hosts have',
      expect.stringMatching(/^propylon.yaml:11:9: upstreams.empty must be a map of targets, /),
      'propylon.yaml:9:45: upstreams.self.shadow.upstream must be another upstream',
      'propylon.yaml:10:45: upstreams.lost.shadow.upstream must be one of upstreams, and there is no nobody',
    ]);
  });

  it('of one name in two cases are refused', async () => {
    expect(await problems('upstreams: { one: { targets: [a] }, One: { targets: [a] } }')).toEqual([
      'propylon.yaml:1:37: upstreams.One is there twice: names have no case',
    ]);
  });

  it('name certificates that cannot be used, and nothing of a key', async () => {
    const tls = async (members: string) =>
      (await problems(`upstreams: { one: { targets: [a], tls: ${members} } }`)).join('\n');
    expect(await tls('{ ca: missing.pem }')).toBe(
      'propylon.yaml:1:46: upstreams.one.tls.ca cannot be read: there is no such file (missing.pem)',
    );
    expect(await tls('{ ca: propylon.yaml }')).toContain('tls.ca must be a file of certificates in PEM form');
    expect(await tls('{ cert: localhost.key, key: localhost.key }')).toContain('tls.cert must be a file');
    expect(await tls('{ cert: localhost.crt, key: other.key }')).toContain(
      'tls.key must be the private key of cert, in PEM form and not encrypted (ERR_OSSL_X509_KEY_VALUES_MISMATCH)',
    );
    expect(await tls('{ cert: localhost.crt }')).toContain('tls needs cert and key together');
  });

  it('whose aliases multiply beyond measure are refused', async () => {
    const levels = Array.from(
      { length: 8 },
      (_, i) => `  l${i + 1}: &l${i + 1} [${Array(20).fill(`*l${i}`).join(',')}]`,
    );
    expect((await problems(`upstreams:\n  l0: &l0 [x]\n${levels.join('\n')}\n`)).join('\n')).toContain(
      'alias',
    );
  });
});
