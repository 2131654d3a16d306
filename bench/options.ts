/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  kind: 'load' | 'micro';
  /** All scenarios and peers; those that are no dependency of this project are installed. */
  full: boolean;
  /** Seconds of one measured run. */
  duration: number;
  rounds: number;
  connections: number;
  /** Latencies at fixed rates. */
  open: boolean;
  scenario: string[];
  /** Names of variants (load) or parts of file names (micro); empty: all. */
  only: string[];
  /** wrk, autocannon or own; undefined: the first one that is installed. */
  generator: string | undefined;
  /** A further file the results are written to. */
  json: string | undefined;
  /** Where the report goes; undefined: beside the results. */
  html: string | undefined;
  /** An earlier file of results to compare with. */
  compare: string | undefined;
  /** A later one, instead of a run. */
  with: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --full               all scenarios and peers; installs peers into bench/peers/ (an hour)
  --micro              hot functions, one by one (npm run bench:micro)
  --duration SECONDS   length of one measured run (4; full: 8); a third of it more is warm-up
  --rounds N           rounds, each with fresh processes and in turned order (3)
  --connections N      client connections (64)
  --no-open            no latencies at fixed rates
  --scenario NAME,...  these scenarios, with all that is measured in them
  --only NAME,...      these variants: direct, nginx, haproxy, propylon, http-proxy, ...; with --micro: parts of file names
  --generator NAME     load of the closed loop: wrk, autocannon or own (the first that is installed)
  --json FILE          also write the results there (bench/results/ gets them anyway)
  --html FILE          write the report there (default: beside the results)
  --compare OLD.json   tell what changed since then, and what is noise
  --with NEW.json      with --compare: these results instead of a run
`;

/** @throws Error with one line that says which option is wrong */
export function parseOptions(args: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      load: { type: 'boolean' },
      micro: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      duration: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '64' },
      'no-open': { type: 'boolean', default: false },
      scenario: { type: 'string', default: '' },
      only: { type: 'string', default: '' },
      generator: { type: 'string' },
      json: { type: 'string' },
      html: { type: 'string' },
      compare: { type: 'string' },
      with: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  if (values.load === true && values.micro) throw new Error('--load and --micro exclude each other');
  if (values.with !== undefined && values.compare === undefined) {
    throw new Error('--with NEW.json needs --compare OLD.json');
  }
  if (values.micro && values.compare !== undefined)
    throw new Error('--compare takes results of the load bench');
  return {
    kind: values.micro ? 'micro' : 'load',
    full: values.full,
    duration: count('--duration', values.duration ?? (values.full ? '8' : '4')),
    rounds: count('--rounds', values.rounds),
    connections: count('--connections', values.connections),
    open: !values['no-open'],
    scenario: list(values.scenario),
    only: list(values.only),
    generator: values.generator,
    json: values.json,
    html: values.html,
    compare: values.compare,
    with: values.with,
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
