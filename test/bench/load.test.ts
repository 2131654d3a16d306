/** The load bench must not be believed when what it measured was not the right answer. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  functionDefinition,
  manyRoutesDefinition,
  mockDefinition,
  proxyDefinition,
  pushedDefinition,
  templateDefinition,
} from '../../bench/load/definitions.js';
import {
  generatorNamed,
  type LoadFound,
  parseAutocannon,
  parseWrk,
  planOf,
} from '../../bench/load/generator.js';
import { sameSize } from '../../bench/load/measure.js';
import { Child } from '../../bench/load/processes.js';
import { BODY, jsonOf } from '../../bench/load/requests.js';
import { SCENARIOS } from '../../bench/load/scenarios.js';
import { parseOptions } from '../../bench/options.js';
import { installedPeer } from '../../bench/peers.js';
import { median } from '../../bench/report.js';
import { importDefinition } from '../../src/openapi/import.js';

describe('the result of wrk', () => {
  const line = (more: string): string =>
    `Running 1s test\nRESULT {"requests":1000,"micros":2000000,"bytes":160000,"p50":1500,"p99":9000,${more}}\nDone\n`;

  test('is read in seconds and milliseconds', () => {
    const output = line('"status":0,"connect":0,"read":0,"write":0,"timeout":0');
    expect(parseWrk(output)).toEqual({
      requests: 1000,
      seconds: 2,
      bytes: 160_000,
      p50: 1.5,
      p99: 9,
      wrong: {},
    });
  });

  test('holds what went wrong', () => {
    const output = line('"status":3,"connect":0,"read":2,"write":0,"timeout":1');
    expect(parseWrk(output).wrong).toEqual({ 'status from 400 on': 3, read: 2, timeout: 1 });
  });

  test('is an error when there is none', () => {
    expect(() => parseWrk('unable to connect')).toThrow('unable to connect');
  });
});

test('the result of autocannon is read, with what went wrong', () => {
  const found = {
    requests: { total: 500 },
    duration: 2,
    latency: { p50: 1, p99: 7 },
    errors: 0,
    timeouts: 0,
    mismatches: 4,
    non2xx: 1,
    resets: 0,
  };
  expect(parseAutocannon(`Running\n${JSON.stringify(found)}\n`)).toEqual({
    requests: 500,
    seconds: 2,
    p50: 1,
    p99: 7,
    bytes: undefined,
    wrong: { mismatches: 4, non2xx: 1 },
  });
  expect(() => parseAutocannon('no such thing')).toThrow('no such thing');
});

test('a load generator nobody knows is refused with the names of those there are', () => {
  expect(() => generatorNamed('ab')).toThrow("--generator: no 'ab' among wrk, autocannon, own");
  expect(generatorNamed('own').name).toBe('own');
});

test('answers of another size than the verified ones are noticed', () => {
  const result = (requests: number, bytes: number | undefined): Pick<LoadFound, 'requests' | 'bytes'> => ({
    requests,
    bytes,
  });
  const verified = result(500, 500 * 160);
  expect(() => sameSize(result(100_000, 100_000 * 160 + 900), verified, 64)).not.toThrow();
  expect(() => sameSize(result(100_000, 100_000 * 140), verified, 64)).toThrow(
    /140\.0 bytes on average.*160\.0/,
  );
  expect(() => sameSize(result(100_000, 100_000 * 160 + 2000 * 300), verified, 64)).toThrow();
  expect(() => sameSize(result(100_000, undefined), verified, 64)).not.toThrow();
});

describe('a child process', () => {
  test('is charged with the CPU time and the memory of its children', async () => {
    const busy = 'const end = process.cpuUsage(); while (process.cpuUsage(end).user < 3e5);';
    const child = new Child('busy', process.execPath, [
      '-e',
      `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`${busy} globalThis.held = Buffer.alloc(1e8, 1); setInterval(() => {}, 1e6)`)}]).on('exit', () => {});`,
    ]);
    const before = child.cpuMicros();
    try {
      await expect.poll(() => child.cpuMicros() - before, { timeout: 15_000 }).toBeGreaterThan(300_000);
      await expect.poll(() => child.memoryBytes(), { timeout: 15_000 }).toBeGreaterThan(1e8);
    } finally {
      child.killTree();
    }
    await expect(child.finished()).rejects.toThrow('busy failed');
  });

  test('that fails at its start is reported with what it wrote', async () => {
    const child = new Child('broken', process.execPath, [
      '-e',
      'console.error("no such thing"); process.exit(3)',
    ]);
    await expect(child.listening(async () => false)).rejects.toThrow(
      /broken ended at its start:\nno such thing/,
    );
  });
});

describe('the scenarios', () => {
  test('each have a file of their own name', () => {
    const files = readdirSync(new URL('../../bench/load/scenarios', import.meta.url));
    const names = files.map((file) => file.replace('.ts', '')).filter((name) => name !== 'bodies');
    expect(SCENARIOS.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s asks for what its plan sends, and its variants have different names',
    (_name, scenario) => {
      const { requests } = planOf(scenario, 8080, 1);
      for (const [i, { request, answer }] of scenario.requests.entries()) {
        const text = Buffer.from(requests[i]?.bytes ?? []).toString('latin1');
        expect(text).toContain(`${request.method} ${request.path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n`);
        expect(text.endsWith(`\r\n\r\n${request.body ?? ''}`)).toBe(true);
        expect(requests[i]?.expect.body).toEqual(answer);
      }
      const names = scenario.variants.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      if (scenario.open !== undefined) expect(names).toContain(scenario.open.reference);
    },
  );

  test.each([
    ['a proxy', proxyDefinition('127.0.0.1:9000')],
    ['templates', templateDefinition('127.0.0.1:9000')],
    ['a function', functionDefinition()],
    ['a MOCK', mockDefinition(BODY)],
    ['many routes', manyRoutesDefinition('127.0.0.1:9000', 1000)],
    ['a definition that changes', pushedDefinition('127.0.0.1:9000', 7)],
  ])('serve %s that has no problems', (_name, text) => {
    const { definition, problems } = importDefinition(text, 'api.yaml');
    expect(problems.map(({ message }) => message)).toEqual([]);
    expect(definition).toBeDefined();
  });

  test('make bodies of exactly the size they say', () => {
    expect(jsonOf(1000).length).toBe(1000);
    expect(JSON.parse(jsonOf(1000).toString())).toHaveProperty('text');
  });
});

test('no peer with a tree of its own is a dependency of this project', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  for (const name of ['serverless', 'serverless-offline', 'fast-gateway']) {
    expect({ ...dependencies, ...devDependencies }).not.toHaveProperty(name);
  }
  expect(installedPeer({ folder: 'nowhere', packageName: 'nothing' })).toBeUndefined();
});

test('the median is the middle value, or between the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test.each([
  [['--rounds', '0'], /--rounds takes a whole number from 1 on, not '0'/],
  [['--duration', 'x'], /--duration/],
  [['--load', '--micro'], /exclude/],
  [['--with', 'new.json'], /needs --compare/],
  [['--micro', '--compare', 'old.json'], /load bench/],
  [['--nope'], /--nope/],
])('the options %j are refused', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
