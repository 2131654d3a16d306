/** Real Redis servers, each on a port of its own with a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './until.js';

export interface RedisServer {
  readonly port: number;
  /** Of `redis://`. */
  readonly url: string;
  /** The server's folder. */
  readonly folder: string;
  readonly process: ChildProcess;
  /** A client for looking and tampering; closed with the server. */
  client(): Redis;
  /** kill -9. */
  kill(): Promise<void>;
  /** The same port and folder: with the data when it was started with `--appendonly yes`. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay, nothing is answered. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Resolves when the server answers. Keeps nothing unless `args` say so.
 * @param options.sentinel the configuration of a Sentinel, which it is then
 * @param options.tls it speaks TLS only; `args` name the files
 */
export async function startRedis(
  args: string[] = [],
  options: { sentinel?: string; tls?: boolean } = {},
): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'propylon-redis-'));
  let port = await freePort();
  const files: string[] = [];
  if (options.sentinel !== undefined) {
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, options.sentinel);
    files.push(file, '--sentinel');
  }
  const clients: Redis[] = [];
  let child: ChildProcess;
  let exited: Promise<unknown>;
  const start = async (): Promise<void> => {
    let output = '';
    const ports = options.tls ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)];
    const place = [...ports, '--bind', '127.0.0.1', '--dir', folder];
    child = spawn('redis-server', [...files, ...place, '--save', '', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (data) => {
      output += data;
    });
    exited = new Promise((resolve) => child.once('exit', resolve));
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    await until(() => {
      if (failure !== undefined) throw failure;
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${output}`);
      return output.includes('Ready to accept connections') || output.includes('Sentinel ID is');
    });
  };
  /** Somebody else can have the port by now, if only for a connection. */
  const startAgain = (newPort: () => Promise<number>): Promise<void> =>
    start().catch(async (error: Error) => {
      if (!error.message.includes('in use')) throw error;
      port = await newPort();
      return startAgain(newPort);
    });
  await startAgain(freePort);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    get process() {
      return child;
    },
    client() {
      const client = new Redis({ port, lazyConnect: true });
      client.on('error', () => {});
      clients.push(client);
      return client;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    restart: () => startAgain(async () => port),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      for (const client of clients) client.disconnect();
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One that nobody listens on now; Redis cannot choose one itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    // A node of a cluster takes the port 10000 higher as well.
    if (port > 0 && port < 55_536) return port;
  }
}
