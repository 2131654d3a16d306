/** The control plane as tools use it: the AWS SDK against a node, with its configuration on disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APIGateway } from '@aws-sdk/client-api-gateway';
import { Child, freePorts } from '../load/processes.js';
import type { BenchOptions } from '../options.js';
import { ROOT } from '../paths.js';
import { describeEnvironment, environment, keep, median, packageVersion, table } from '../report.js';
import { documentOf, documentOfSize } from './documents.js';

const RESOURCES = 1_000;
/** Tools have some calls under way at once: Terraform ten. */
const AT_ONCE = 10;
const IMPORTED_PATHS = 300;
const IMPORT_BYTES = 5_900_000;
/** Requests per second of the data plane: far from its limits, so that a latency is no queue of its own making. */
const RATE = 1_000;
const REGION = 'us-east-1';
const MAIN = join(ROOT, 'dist/cli/main.js');

/** Milliseconds. */
interface Latency {
  p50: number;
  p99: number;
  max: number;
}

interface ControlPlaneResults {
  /** One resource with its method and integration, in calls; of the whole API, seconds and calls per second. */
  resources: { count: number; seconds: number; callsPerSecond: number };
  /** Milliseconds of each round. */
  importMs: number[];
  /** Milliseconds from the call to its answer, and to the first request that gets the new deployment. */
  deployments: { answeredMs: number[]; liveMs: number[] };
  /** Milliseconds of each import while requests come. */
  largeImportMs: number[];
  dataPlane: { alone: Latency; duringImports: Latency };
}

/** @returns the exit code */
export async function runControlPlane(options: BenchOptions): Promise<number> {
  const about = await environment({
    '@aws-sdk/client-api-gateway': packageVersion('@aws-sdk/client-api-gateway') ?? 'not installed',
  });
  process.stdout.write(`${describeEnvironment(about)}\n\n`);
  const folder = mkdtempSync(join(tmpdir(), 'propylon-bench-'));
  const [port = 0, adminPort = 0] = await freePorts(2);
  const node = new Child('propylon', process.execPath, [
    MAIN,
    'start',
    ...['--port', String(port), '--admin-port', String(adminPort), '--workers', '1'],
    ...['--data-dir', folder, '--region', REGION],
  ]);
  const api = new APIGateway({
    endpoint: `http://127.0.0.1:${adminPort}`,
    region: REGION,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    maxAttempts: 1,
  });
  try {
    await node.listening(() =>
      fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    const results = await measure(api, `http://127.0.0.1:${port}`, options);
    process.stdout.write(`${report(results)}\n`);
    process.stdout.write(`\nRaw values: ${keep('control-plane', { ...about, results }, options.json)}\n`);
    return 0;
  } finally {
    api.destroy();
    await node.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  api: APIGateway,
  url: string,
  { rounds, duration }: BenchOptions,
): Promise<ControlPlaneResults> {
  // The thread of the control plane starts after the node, and code is slow when it is new.
  for (let i = 0; i < 20; i++) await api.getRestApis({});
  const resources = await createResources(api);
  const importMs: number[] = [];
  const deployments: ControlPlaneResults['deployments'] = { answeredMs: [], liveMs: [] };
  let restApiId = '';
  for (let round = 0; round < rounds; round++) {
    const [milliseconds, id] = await timed(() => imported(api, documentOf(IMPORTED_PATHS, `round ${round}`)));
    restApiId = id;
    importMs.push(milliseconds);
    const from = performance.now();
    await api.createDeployment({ restApiId, stageName: 'prod' });
    deployments.answeredMs.push(performance.now() - from);
    await live(`${url}/_aws/execute-api/${restApiId}/prod/things0/1`, `round ${round}`);
    deployments.liveMs.push(performance.now() - from);
  }
  const target = `${url}/_aws/execute-api/${restApiId}/prod/things0/1`;
  const alone = await load(target, duration);
  const largeImportMs: number[] = [];
  const loading = load(target, duration);
  let loaded = false;
  void loading.finally(() => {
    loaded = true;
  });
  while (!loaded) {
    const [milliseconds, id] = await timed(() => imported(api, documentOfSize(IMPORT_BYTES)));
    largeImportMs.push(milliseconds);
    await api.deleteRestApi({ restApiId: id });
  }
  return {
    resources,
    importMs,
    deployments,
    largeImportMs,
    dataPlane: { alone, duringImports: await loading },
  };
}

/** Each with a GET and an HTTP integration, as a tool makes them: one call after the other, some chains at once. */
async function createResources(api: APIGateway): Promise<ControlPlaneResults['resources']> {
  const { id: restApiId, rootResourceId: parentId } = await api.createRestApi({ name: 'resources' });
  let next = 0;
  const chain = async (): Promise<void> => {
    for (let i = next++; i < RESOURCES; i = next++) {
      const { id: resourceId } = await api.createResource({ restApiId, parentId, pathPart: `r${i}` });
      const method = { restApiId, resourceId, httpMethod: 'GET' };
      await api.putMethod({ ...method, authorizationType: 'NONE' });
      const uri = `http://backend.internal/${i}`;
      await api.putIntegration({ ...method, type: 'HTTP_PROXY', integrationHttpMethod: 'GET', uri });
    }
  };
  const [milliseconds] = await timed(() => Promise.all(Array.from({ length: AT_ONCE }, chain)));
  const seconds = milliseconds / 1000;
  return { count: RESOURCES, seconds, callsPerSecond: (3 * RESOURCES) / seconds };
}

async function imported(api: APIGateway, body: Buffer): Promise<string> {
  const { id } = await api.importRestApi({ body });
  if (id === undefined) throw new Error('an imported API has no id');
  return id;
}

async function live(target: string, text: string): Promise<void> {
  while ((await (await fetch(target)).text()) !== text);
}

/** In a process of its own, with the load generator of `propylon bench`. */
async function load(target: string, seconds: number): Promise<Latency> {
  const args = ['bench', target, '--rate', String(RATE), '--arrivals', 'poisson'];
  const generator = new Child('propylon bench', process.execPath, [
    MAIN,
    ...args,
    ...['--duration', `${seconds}s`, '--connections', '32', '--json'],
  ]);
  const output = await generator.finished();
  const { latency, failed } = JSON.parse(output.slice(output.indexOf('{'))) as {
    latency: Latency;
    failed: number;
  };
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return { p50: latency.p50, p99: latency.p99, max: latency.max };
}

async function timed<T>(work: () => Promise<T>): Promise<[milliseconds: number, result: T]> {
  const from = performance.now();
  const result = await work();
  return [performance.now() - from, result];
}

function report({ resources, importMs, deployments, largeImportMs, dataPlane }: ControlPlaneResults): string {
  const { alone, duringImports } = dataPlane;
  const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  const of = (values: readonly number[]): string => {
    const range = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
    return `${ms(median(values))}  (${range}, ${values.length} times)`;
  };
  const latency = ({ p50, p99, max }: Latency): string =>
    `p50 ${ms(p50)}, p99 ${ms(p99)}, slowest ${ms(max)}`;
  const { count, seconds, callsPerSecond } = resources;
  return table([
    [
      `${count} resources with method and integration, ${AT_ONCE} calls at once`,
      `${seconds.toFixed(1)} s, ${callsPerSecond.toFixed(0)} calls/s`,
    ],
    [`import of ${IMPORTED_PATHS} paths`, of(importMs)],
    ['its deployment: answered', of(deployments.answeredMs)],
    ['its deployment: live', of(deployments.liveMs)],
    [`import of ${IMPORT_BYTES / 1e6} MB, under load`, of(largeImportMs)],
    [`data plane at ${RATE} requests/s`, latency(alone)],
    ['the same during these imports', latency(duringImports)],
  ]);
}
