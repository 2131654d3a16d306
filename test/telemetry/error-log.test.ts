import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ErrorLog } from '../../src/telemetry/error-log.js';

function capture(): { log: ErrorLog; lines: string[] } {
  const lines: string[] = [];
  return { log: new ErrorLog((line) => lines.push(line)), lines };
}

describe('the error log', () => {
  it('writes one line with the time before it', () => {
    const { log, lines } = capture();
    log.log('the backend is down');
    log.endWindow();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z the backend is down\n$/);
  });

  it('says ten times a second what one cause has to say, then how often it was kept quiet', () => {
    const { log, lines } = capture();
    for (let i = 0; i < 1_000; i++) log.log(`request ${i}: connection refused`, 'connection refused');
    log.log('another cause');
    log.endWindow();
    expect(lines).toHaveLength(12);
    expect(lines[10]).toContain('another cause');
    expect(lines[11]).toContain(' 990 more suppressed: connection refused\n');
  });

  it('begins anew in the next window', () => {
    const { log, lines } = capture();
    for (let i = 0; i < 20; i++) log.log('x');
    log.endWindow();
    log.log('x');
    log.endWindow();
    expect(lines.filter((line) => line.endsWith('Z x\n'))).toHaveLength(11);
  });

  it('stays bounded when every line is a cause of its own', () => {
    const { log, lines } = capture();
    for (let i = 0; i < 100_000; i++) log.log(`cause ${i} ${'x'.repeat(100)}`);
    log.endWindow();
    expect(lines.length).toBeLessThan(100);
    expect(lines.at(-1)).toContain('99926 more suppressed: other causes');
  });

  it('keeps a line one line, and short', () => {
    const { log, lines } = capture();
    log.log(`forged\n2025-01-01T00:00:00.000Z all is well\u001b[31m ${'x'.repeat(10_000)}`);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
    expect(lines[0]).toContain('forged\\x0a2025');
    expect(lines[0]).not.toContain('\u001b');
    expect(lines[0]?.length).toBeLessThan(2_100);
  });

  it('reaches standard error before a process ends', () => {
    const module = new URL('../../dist/telemetry/error-log.js', import.meta.url).href;
    const code = `
      import { flushErrorLog, logError } from '${module}';
      for (let i = 0; i < 30; i++) logError('caf\\u00e9 closed');
      await flushErrorLog();
      process.exit(0);
    `;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toMatch(/Z café closed$/);
    expect(lines[10]).toMatch(/Z 20 more suppressed: café closed$/);
  });
});
