import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  FunctionHost,
  fixture,
  functionCall,
  functionSettings,
  invoke,
  LAMBDA,
  LocalFunctions,
  payloadOf,
} from './start-host.js';

const folder = mkdtempSync(join(tmpdir(), 'functions-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeVersion(file: string, version: number): void {
  writeFileSync(
    file,
    `export const handler = async ({ milliseconds }) => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return ${version};
    };`,
  );
}

test('a reload serves the new code from the next call on, while calls under way end with the old', async () => {
  const file = join(folder, 'versioned.mjs');
  writeVersion(file, 1);
  const host = await FunctionHost.start([functionSettings('versioned', file, { concurrency: 1 })], LAMBDA);
  const local = new LocalFunctions(host.connect());
  const version = async (milliseconds: number): Promise<unknown> =>
    payloadOf(await invoke(local, functionCall('versioned', { milliseconds }))).value;

  expect(await version(0)).toBe(1);
  const underWay = version(300);
  const waiting = version(0);
  // Answered by the host after it has taken both calls above.
  await invoke(local, functionCall('nobody', {}));
  writeVersion(file, 2);
  host.reload('versioned');
  expect(await version(0)).toBe(2);
  expect(await waiting).toBe(2);
  expect(await underWay).toBe(1);

  writeFileSync(file, 'export const handler = ');
  host.reload('versioned');
  host.reload('a function nobody has');
  // The reload takes another way to the host than the calls.
  await expect.poll(() => version(0)).toMatchObject({ errorType: 'Runtime.UserCodeSyntaxError' });
  // Repaired without a reload: a module that failed to load is tried again by the next call.
  writeVersion(file, 3);
  expect(await version(0)).toBe(3);
  local.close();
  await host.close();
});

test('a host that dies fails its calls, is reported, replaced, and serves again on new ports', async () => {
  const deaths: string[] = [];
  let restarted = (): void => {};
  const restart = new Promise<void>((resolve) => {
    restarted = resolve;
  });
  const host = await FunctionHost.start([functionSettings('slow', fixture('slow.mjs'))], LAMBDA, {
    onDeath: (error) => deaths.push(error.message),
    onRestart: () => restarted(),
  });
  const local = new LocalFunctions(host.connect());
  const lost = invoke(local, functionCall('slow', { milliseconds: 10_000 }));
  const intruder = host.connect();
  // No batch: what no worker ever sends.
  intruder.postMessage(null);
  const unreachable = { kind: 'unreachable', message: 'the function host stopped' };
  expect(await lost).toEqual(unreachable);
  expect(await invoke(local, functionCall('slow', {}))).toEqual(unreachable);
  await restart;
  expect(deaths).toHaveLength(1);
  local.attach(host.connect());
  expect(payloadOf(await invoke(local, functionCall('slow', { milliseconds: 0 }))).functionError).toBe(false);
  local.close();
  await host.close();
});

test('a port taken while the host is down fails its calls', async () => {
  const host = await FunctionHost.start([], LAMBDA);
  await host.close();
  const local = new LocalFunctions(host.connect());
  expect(await invoke(local, functionCall('any', {}))).toMatchObject({ kind: 'unreachable' });
});

test('closing ends functions that would run for ever', async () => {
  const host = await FunctionHost.start(
    [functionSettings('blocks', fixture('misbehaving.mjs'), { handler: 'blocks' })],
    LAMBDA,
  );
  const local = new LocalFunctions(host.connect());
  const result = invoke(local, functionCall('blocks', {}));
  await invoke(local, functionCall('nobody', {}));
  await host.close();
  expect(await result).toMatchObject({ kind: 'unreachable' });
});

test('what functions print goes to standard error behind their names, never to standard output', () => {
  const script = `
    import { FunctionHost } from ${JSON.stringify(new URL('../../dist/functions/host.js', import.meta.url).href)};
    import { LocalFunctions } from ${JSON.stringify(new URL('../../dist/functions/local-functions.js', import.meta.url).href)};
    const host = await FunctionHost.start(${JSON.stringify([functionSettings('prints', fixture('misbehaving.mjs'), { handler: 'prints' })])}, ${JSON.stringify(LAMBDA)});
    const local = new LocalFunctions(host.connect());
    local.invoke(${JSON.stringify(functionCall('prints', {}))}, async () => {
      local.close();
      await host.close();
    });
  `;
  const [program, errors] = [join(folder, 'program.mjs'), join(folder, 'stderr')];
  writeFileSync(program, script);
  const output = execFileSync('sh', ['-c', '"$0" "$1" 2>"$2"', process.execPath, program, errors]);
  expect(output.toString()).toBe('');
  expect(readFileSync(errors, 'utf8')).toBe(
    '[prints] to the log\n[prints] in two lines\n[prints] without a line end\n[prints] to the error log\n',
  );
});

test('messages between host and workers never outlive a closed port', async () => {
  const host = await FunctionHost.start([functionSettings('slow', fixture('slow.mjs'))], LAMBDA);
  const port = host.connect();
  const local = new LocalFunctions(port);
  const late = invoke(local, functionCall('slow', { milliseconds: 100 }));
  local.close();
  await once(port, 'close');
  expect(await late).toMatchObject({ kind: 'unreachable' });
  const other = new LocalFunctions(host.connect());
  expect(payloadOf(await invoke(other, functionCall('slow', { milliseconds: 150 }))).functionError).toBe(
    false,
  );
  other.close();
  await host.close();
});
