/** Child processes that end whatever happens, and what they cost. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS = ticksPerSecond();
const OUTPUT_BYTES = 16_384;

const running = new Set<Child>();
/** Once there is something to end: however this process ends, however often it is told to, its children do too. */
function watchOwnEnd(): void {
  process.once('exit', () => {
    for (const child of running) child.killTree();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
}
let watching = false;

export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<number | null>;
  #output = '';
  #gone = false;

  constructor(
    name: string,
    command: string,
    args: readonly string[],
    environment: Record<string, string> = {},
    folder?: string,
  ) {
    this.name = name;
    // Settings and credentials of whoever runs the bench are not part of it.
    const inherited = Object.entries(process.env).filter(([key]) => !/^(PROPYLON|AWS)_/.test(key));
    this.#process = spawn(command, args, {
      env: {
        ...Object.fromEntries(inherited),
        NODE_ENV: 'production',
        AWS_EC2_METADATA_DISABLED: 'true',
        ...environment,
      },
      ...(folder === undefined ? {} : { cwd: folder }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (!watching) watchOwnEnd();
    watching = true;
    running.add(this);
    const note = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_BYTES);
    };
    this.#process.stdout?.on('data', note);
    this.#process.stderr?.on('data', note);
    this.#exited = new Promise((resolve) => {
      const gone = (code: number | null): void => {
        this.#gone = true;
        running.delete(this);
        resolve(code);
      };
      // Not "exit": what the process wrote last may come after it.
      this.#process.once('close', gone);
      this.#process.once('error', (error) => {
        note(Buffer.from(error.message));
        gone(null);
      });
    });
  }

  /** Waits until something listens on the port. @throws Error with the child's output when that does not come to be */
  async listening(ready: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(25)) {
      if (this.#gone) throw new Error(`${this.name} ended at its start:\n${this.#output}`);
      if (await ready()) return;
    }
    throw new Error(`${this.name} did not answer within 20 s:\n${this.#output}`);
  }

  /** Waits for its end. @returns what it wrote @throws Error when it failed */
  async finished(): Promise<string> {
    const code = await this.#exited;
    if (code !== 0) throw new Error(`${this.name} failed (exit code ${code}):\n${this.#output}`);
    return this.#output;
  }

  /** Microseconds of CPU, user and system, that the process and all its descendants have used. */
  cpuMicros(): number {
    let ticks = 0;
    for (const pid of this.#tree()) ticks += stat(pid)?.ticks ?? 0;
    return (ticks / TICKS) * 1e6;
  }

  /** Resident memory of the process and all its descendants; what they share counts for each of them. */
  memoryBytes(): number {
    return this.#tree().reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  async end(): Promise<void> {
    if (!this.#gone) {
      const tree = this.#tree();
      this.#process.kill('SIGTERM');
      const late = setTimeout(() => kill(tree), 3000);
      await this.#exited;
      clearTimeout(late);
    }
  }

  /** At once and without waiting. */
  killTree(): void {
    kill(this.#tree());
  }

  /** The process and its descendants, as far as they live. */
  #tree(): number[] {
    const root = this.#process.pid;
    if (root === undefined || this.#gone) return [];
    const children = new Map<number, number[]>();
    for (const entry of readdirSync('/proc')) {
      const pid = Number(entry);
      const parent = Number.isInteger(pid) ? stat(pid)?.parent : undefined;
      if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
    }
    const tree = [root];
    for (const pid of tree) tree.push(...(children.get(pid) ?? []));
    return tree;
  }
}

/** Ticks of `/proc` per second: 100 on every Linux one meets, but the system knows. */
function ticksPerSecond(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  } catch {
    return 100;
  }
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in the meantime, as wished.
    }
  }
}

/** Parent and CPU ticks from `/proc/<pid>/stat`; undefined when the process is gone. */
function stat(pid: number): { parent: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold anything; what follows is numbers.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Different ports nobody listens on right now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
