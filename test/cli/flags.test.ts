import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addStartFlags, flagSource } from '../../src/cli/flags.js';
import type { Source } from '../../src/node/environment.js';
import { flagName, SETTINGS, settingKeys } from '../../src/node/setting-table.js';

function parse(...args: string[]): Source {
  const command = new Command().argument('[definition...]');
  addStartFlags(command);
  command.parse(args, { from: 'user' });
  return flagSource(command.args, command.opts());
}

describe('the flags', () => {
  it('say nothing that the user did not say', () => {
    expect(parse()).toEqual({ layer: new Map(), definitions: [], stageVariables: [], functions: [] });
  });

  it('are one source of settings, each with the name it goes by in messages', () => {
    const { layer, config } = parse('--port', '1', '--watch', '--no-execute-api-hosts', '--config', 'c.yaml');
    expect(Object.fromEntries(layer)).toEqual({
      port: { text: '1', where: '--port' },
      watch: { text: 'true', where: '--watch' },
      executeApiHosts: { text: 'false', where: '--no-execute-api-hosts' },
    });
    expect(config).toEqual({ text: 'c.yaml', where: '--config' });
  });

  it('keep lists in order', () => {
    const source = parse(
      'a.yaml',
      '--function',
      'f=f.mjs',
      '/b=b.yaml',
      '--function=g=g.mjs',
      '--stage-variable',
      'v=1',
    );
    expect(source.definitions.map(({ text }) => text)).toEqual(['a.yaml', '/b=b.yaml']);
    expect(source.functions.map(({ text }) => text)).toEqual(['f=f.mjs', 'g=g.mjs']);
    expect(source.stageVariables).toEqual([{ text: 'v=1', where: '--stage-variable' }]);
  });

  it('are there for every setting of the table that has a line of help', () => {
    const command = new Command();
    addStartFlags(command);
    const flags = new Set(command.options.map(({ long }) => long));
    for (const key of settingKeys()) {
      if ('help' in SETTINGS[key]) expect(flags).toContain(`--${flagName(key)}`);
    }
  });
});
