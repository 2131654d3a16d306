/** The `propylon` command as users run it: a process of its own, found by the addresses it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface GatewayProcess {
  readonly process: ChildProcess;
  readonly port: number;
  /** 0 without TLS. */
  readonly tlsPort: number;
  readonly adminPort: number;
  readonly url: string;
  readonly adminUrl: string;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

/** Resolves when the start-up block is there. Rejects with what was printed when the process ends before. */
export function startGateway(
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [MAIN, 'start', '--port', '0', '--admin-port', '0', ...args], {
    cwd: options.cwd,
    // No credentials of whoever runs the tests, and never the instance metadata service.
    env: { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return new Promise((resolve, reject) => {
    const check = (): void => {
      const text = stdout + stderr;
      const listening = /listening {2}http:\/\/[^:]+:(\d+)\//.exec(text);
      const admin = /admin {6}http:\/\/[^:]+:(\d+)\//.exec(text);
      if (listening === null || admin === null || !text.includes('threads')) return;
      const port = Number(listening[1]);
      const adminPort = Number(admin[1]);
      resolve({
        process: child,
        port,
        tlsPort: Number(/https:\/\/[^:]+:(\d+)\//.exec(text)?.[1] ?? 0),
        adminPort,
        url: `http://127.0.0.1:${port}`,
        adminUrl: `http://127.0.0.1:${adminPort}`,
        stdout: () => stdout,
        stderr: () => stderr,
        stop: () => {
          child.kill('SIGTERM');
          return exited;
        },
        exited,
      });
    };
    child.stdout.on('data', (data) => {
      stdout += data;
      check();
    });
    child.stderr.on('data', (data) => {
      stderr += data;
      check();
    });
    void exited.then((code) => reject(new Error(`propylon exited with ${code}: ${stderr || stdout}`)));
  });
}

/** A folder for the files of one test file, removed by `remove`. */
export function testFolder(files: Record<string, string>): {
  path(name: string): string;
  write(name: string, text: string): void;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'propylon-test-'));
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => writeFileSync(path(name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { path, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
