/** The files below deploy/ against the program they start: every command, flag, variable, port and path in them exists. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { environmentVariable, settingKeys } from '../../src/node/setting-table.js';
import { startGateway } from '../support/gateway-process.js';

const ROOT = join(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'deploy');
const MAIN = join(ROOT, 'dist/cli/main.js');

type Yaml = Record<string, unknown>;

const text = (file: string): string => readFileSync(join(DEPLOY, file), 'utf8');
const yaml = (file: string): Yaml => parse(text(file), { merge: true }) as Yaml;

const KUBERNETES = readdirSync(join(DEPLOY, 'kubernetes'));
const manifests = KUBERNETES.filter((file) => file !== 'kustomization.yaml').flatMap((file) =>
  parseAllDocuments(text(`kubernetes/${file}`)).map((document) => {
    expect(document.errors, file).toEqual([]);
    return document.toJS() as Yaml;
  }),
);

/** A value deep inside. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)?.[key], value);
}

function manifest(kind: string): Yaml {
  const found = manifests.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
}

const container = (kind: string): Yaml =>
  at(manifest(kind), 'spec', 'template', 'spec', 'containers', 0) as Yaml;
const compose = yaml('docker/compose.yaml');
const service = (name: string): Yaml => at(compose, 'services', name) as Yaml;
const dockerfile = text('docker/Dockerfile');
const unit = text('systemd/propylon.service');

/** Arguments of the program, wherever it is started. */
const COMMAND_LINES: Record<string, string[]> = {
  'kubernetes deployment': container('Deployment').args as string[],
  'kubernetes job': container('Job').args as string[],
  'compose node': service('node1').command as string[],
  'compose push': service('push').command as string[],
  'systemd unit': /^ExecStart=\S+ \S+main\.js (.*)$/m.exec(unit)?.[1]?.split(' ') ?? [],
  Dockerfile: JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[],
};

describe.each(Object.entries(COMMAND_LINES))('the command line of the %s', (_, words) => {
  test('names a command and flags the program has', () => {
    const [command = '', ...rest] = words;
    const help = execFileSync(process.execPath, [MAIN, command, '--help'], { encoding: 'utf8' });
    expect(help).toContain(`Usage: propylon ${command} `);
    const flags = new Set(help.match(/--[a-z][a-z-]*/g));
    for (const flag of rest.filter((word) => word.startsWith('--'))) expect(flags).toContain(flag);
  });
});

test('every PROPYLON_ variable is one the program reads', () => {
  const known = new Set(settingKeys().map(environmentVariable));
  const all = [
    dockerfile,
    text('docker/compose.yaml'),
    unit,
    ...KUBERNETES.map((f) => text(`kubernetes/${f}`)),
  ];
  const used = new Set(all.join('\n').match(/\bPROPYLON_[A-Z_]+/g));
  expect(used.size).toBeGreaterThan(2);
  for (const name of used) expect(known).toContain(name);
});

test('the image has what its commands need', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) =>
    (names ?? '').split(' '),
  );
  expect(copied.length).toBeGreaterThan(5);
  const kept = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
  for (const name of copied) {
    expect(existsSync(join(ROOT, name)), name).toBe(true);
    expect(kept).toContain(`!${name}`);
  }
  const [, link] = /ln -s \/opt\/propylon\/(\S+) \/usr\/local\/bin\/propylon/.exec(dockerfile) ?? [];
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: { propylon: string };
  };
  expect(link).toBe(bin.propylon);
  expect(unit).toContain(`/opt/propylon/${bin.propylon}`);
  for (const word of [service('push').command, service('backend').entrypoint].flat() as string[]) {
    if (word.startsWith('deploy/')) expect(existsSync(join(ROOT, word)), word).toBe(true);
  }
});

test('it is Debian with Node.js 24, and nobody in it is root', () => {
  expect(dockerfile.match(/^FROM (?!build)\S+/gm)).toEqual([
    'FROM node:24-trixie-slim',
    'FROM node:24-trixie-slim',
  ]);
  expect(dockerfile).toMatch(/^USER 1000:1000$/m);
  for (const kind of ['Deployment', 'Job']) {
    expect(at(manifest(kind), 'spec', 'template', 'spec', 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
    });
  }
});

test('ports and probes are those of a running node', async () => {
  const node = await startGateway([join(DEPLOY, 'demo/api.yaml'), '--stage-variable', 'backend=localhost:9']);
  try {
    const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map(
      (name) => at(container('Deployment'), name, 'httpGet') as { path: string; port: string },
    );
    const paths = [
      ...probes.map(({ path }) => path),
      /httpchk GET (\S+)/.exec(text('docker/haproxy.cfg'))?.[1] ?? '',
      at(
        manifest('Deployment'),
        'spec',
        'template',
        'metadata',
        'annotations',
        'prometheus.io/path',
      ) as string,
      /8081(\/[a-z]+)/.exec(dockerfile)?.[1] ?? '',
    ];
    for (const path of paths) {
      expect((await fetch(`http://127.0.0.1:${node.adminPort}${path}`)).status, path).toBe(200);
    }
    expect(probes.every(({ port }) => port === 'admin')).toBe(true);
  } finally {
    await node.stop();
  }
  const ports = container('Deployment').ports as { name: string; containerPort: number }[];
  const help = execFileSync(process.execPath, [MAIN, 'start', '--help'], { encoding: 'utf8' });
  for (const { name, containerPort } of ports) {
    const flag = name === 'http' ? '--port' : '--admin-port';
    expect(help).toMatch(new RegExp(`${flag} <number>.*[\\s\\S]{0,200}\\b${containerPort}\\b`));
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE .*\\b${containerPort}\\b`, 'm'));
  }
  const published = manifests
    .filter(({ kind }) => kind === 'Service')
    .map((one) => at(one, 'spec', 'ports', 0));
  expect(published).toMatchObject([{ targetPort: 'http' }, { targetPort: 'admin' }]);
  expect(service('balancer').ports).toEqual(['8080:8080']);
});

test('whoever stops a node waits longer than the node does', () => {
  const graceSeconds = 30;
  expect(execFileSync(process.execPath, [MAIN, 'start', '--help'], { encoding: 'utf8' })).toContain(
    `(${graceSeconds}s`,
  );
  expect(Number.parseInt(service('node1').stop_grace_period as string, 10)).toBeGreaterThan(graceSeconds);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(graceSeconds);
  const pod = at(manifest('Deployment'), 'spec', 'template', 'spec') as Yaml;
  const pause = Number(at(container('Deployment'), 'lifecycle', 'preStop', 'exec', 'command', 1));
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(graceSeconds + pause);
});

test('what refers to the deployment names it', () => {
  const name = at(manifest('Deployment'), 'metadata', 'name');
  const labels = at(manifest('Deployment'), 'spec', 'template', 'metadata', 'labels');
  expect(at(manifest('HorizontalPodAutoscaler'), 'spec', 'scaleTargetRef', 'name')).toBe(name);
  expect(at(manifest('PodDisruptionBudget'), 'spec', 'selector', 'matchLabels')).toEqual(labels);
  expect(at(manifest('Deployment'), 'spec', 'selector', 'matchLabels')).toEqual(labels);
  for (const one of manifests.filter(({ kind }) => kind === 'Service')) {
    expect(at(one, 'spec', 'selector')).toEqual(labels);
  }
  const { resources } = yaml('kubernetes/kustomization.yaml') as { resources: string[] };
  // The job is made by hand, a push at a time.
  expect([...resources, 'kustomization.yaml', 'push-job.yaml'].sort()).toEqual([...KUBERNETES].sort());
  const secrets = ['Deployment', 'Job'].map((kind) =>
    at(container(kind), 'env', 0, 'valueFrom', 'secretKeyRef'),
  );
  expect(secrets[0]).toEqual(secrets[1]);
});

test('a node of the cluster keeps its state where the image lets it write', () => {
  const directory = /^ENV PROPYLON_DATA_DIR=(\S+)$/m.exec(dockerfile)?.[1];
  expect(dockerfile).toContain(`VOLUME ${directory}`);
  expect(at(container('Deployment'), 'volumeMounts', 0, 'mountPath')).toBe(directory);
  expect(service('node1').volumes).toEqual([`node1:${directory}`]);
});
