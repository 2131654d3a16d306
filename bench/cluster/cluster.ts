/** A cluster as users run it: Redis, a backend, and `propylon start --redis` processes, all with their defaults. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend } from '../load/backend.js';
import { Child, freePorts } from '../load/processes.js';
import { BODY } from '../load/requests.js';
import { ROOT } from '../paths.js';
import { allItems, type ConfigurationSize } from './configuration.js';
import { NAMESPACE, Pusher, redisUrl } from './pusher.js';
import { startRedis } from './redis.js';
import { Witness } from './witness.js';

export interface ClusterNode {
  readonly process: Child;
  readonly port: number;
  readonly adminPort: number;
  readonly witness: Witness;
}

export class Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly pusher: Pusher;
  /** Of the backend. */
  readonly authority: string;
  readonly #end: () => Promise<void>;

  private constructor(
    nodes: readonly ClusterNode[],
    pusher: Pusher,
    authority: string,
    end: () => Promise<void>,
  ) {
    this.nodes = nodes;
    this.pusher = pusher;
    this.authority = authority;
    this.#end = end;
  }

  /** Resolves when all nodes serve the first revision. */
  static async start(nodeCount: number, size: ConfigurationSize): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'propylon-bench-'));
    const discard = (): void => rmSync(folder, { recursive: true, force: true });
    process.once('exit', discard);
    const children: Child[] = [];
    const nodes: ClusterNode[] = [];
    let pusher: Pusher | undefined;
    const end = async (): Promise<void> => {
      for (const { witness } of nodes) witness.close();
      await pusher?.close();
      // The nodes first: they take their leave of Redis.
      for (const child of children.reverse()) await child.end();
      process.off('exit', discard);
      discard();
    };
    try {
      const [redisPort = 0, backendPort = 0, ...ports] = await freePorts(2 + 2 * nodeCount);
      children.push(await startRedis(redisPort, folder));
      const backend = startBackend({ kind: 'file', body: Buffer.from(BODY) }, backendPort, folder);
      children.push(backend);
      const authority = `127.0.0.1:${backendPort}`;
      await backend.listening(() => isOk(`http://${authority}/`));
      pusher = await Pusher.open(redisPort);
      await pusher.push(allItems(size, authority));
      for (let index = 0; index < nodeCount; index++) {
        const [port = 0, adminPort = 0] = ports.slice(2 * index);
        const name = `node-${index + 1}`;
        const node = new Child(name, process.execPath, [
          ...[join(ROOT, 'dist/cli/main.js'), 'start', '--redis', redisUrl(redisPort)],
          ...['--namespace', NAMESPACE, '--data-dir', join(folder, name), '--workers', '1'],
          ...['--host', '127.0.0.1', '--port', String(port), '--admin-port', String(adminPort)],
        ]);
        children.push(node);
        nodes.push({ process: node, port, adminPort, witness: new Witness(port) });
      }
      for (const { process: node, adminPort } of nodes) {
        await node.listening(() => isOk(`http://127.0.0.1:${adminPort}/readyz`));
      }
      return new Cluster(nodes, pusher, authority, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** @returns ends the measurement: what each node took of one core */
  measureCpu(): () => number[] {
    const used = (): number[] => this.nodes.map(({ process: node }) => node.cpuMicros());
    const before = used();
    const started = performance.now();
    return () => {
      const micros = (performance.now() - started) * 1000;
      return used().map((now, node) => (now - (before[node] ?? 0)) / micros);
    };
  }

  async end(): Promise<void> {
    await this.#end();
  }
}

async function isOk(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
