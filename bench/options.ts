/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  kind: 'load' | 'micro';
  /** Seconds of one measured run. */
  duration: number;
  rounds: number;
  connections: number;
  scenario: string[];
  /** Names of variants (load) or parts of file names (micro); empty: all. */
  only: string[];
  /** A further file the results are written to. */
  json: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --load               Propylon, nginx and Node proxies before the same backend (default)
  --micro              hot functions, one by one
  --duration SECONDS   length of one measured run (5); a third of it more is warm-up
  --rounds N           rounds, each with fresh processes and in turned order (3)
  --connections N      client connections (64)
  --scenario NAME,...  small, browser, templates (all)
  --only NAME,...      variants: direct, nginx, propylon, propylon-http, http-proxy, fastify; with --micro: parts of file names
  --json FILE          also write the results there (bench/results/ gets them anyway)
`;

/** @throws Error with one line that says which option is wrong */
export function parseOptions(args: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      load: { type: 'boolean' },
      micro: { type: 'boolean' },
      duration: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '64' },
      scenario: { type: 'string', default: '' },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  if (values.load === true && values.micro === true) throw new Error('--load and --micro exclude each other');
  return {
    kind: values.micro === true ? 'micro' : 'load',
    duration: count('--duration', values.duration),
    rounds: count('--rounds', values.rounds),
    connections: count('--connections', values.connections),
    scenario: list(values.scenario),
    only: list(values.only),
    json: values.json,
  };
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${name} takes a whole number from 1 on, not '${text}'`);
  return number;
}

function list(text: string): string[] {
  return text.split(',').filter((name) => name !== '');
}
