/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { ClusterOptions } from './cluster/results.js';

export interface BenchOptions {
  kind: 'load' | 'micro' | 'cluster' | 'control-plane';
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
  cluster: ClusterOptions;
}

export const USAGE = `npm run bench -- [options]

  --full               all scenarios and peers; installs peers into bench/peers/ (hours)
  --micro              hot functions, one by one (npm run bench:micro)
  --cluster            pushes to a cluster under load, and a burst of them
  --control-plane      the AWS SDK against a node: resources, imports, deployments
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

with --cluster:
  --nodes N            nodes (3)
  --apis N             APIs (100)
  --routes N           routes of all APIs together (10000)
  --pushes N           pushes of all rounds together (200)
  --every MS           from one push to the next (500)
  --rate N             requests per second, of all nodes together (3000)
`;

/** @throws Error with one line that says which option is wrong */
export function parseOptions(args: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      load: { type: 'boolean' },
      micro: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
      'control-plane': { type: 'boolean', default: false },
      nodes: { type: 'string', default: '3' },
      apis: { type: 'string', default: '100' },
      routes: { type: 'string', default: '10000' },
      pushes: { type: 'string', default: '200' },
      every: { type: 'string', default: '500' },
      rate: { type: 'string', default: '3000' },
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
  const kinds = (['load', 'micro', 'cluster', 'control-plane'] as const).filter(
    (kind) => values[kind] === true,
  );
  if (kinds.length > 1)
    throw new Error(`${kinds.map((kind) => `--${kind}`).join(' and ')} exclude each other`);
  const [kind = 'load'] = kinds;
  if (values.with !== undefined && values.compare === undefined) {
    throw new Error('--with NEW.json needs --compare OLD.json');
  }
  if (kind !== 'load' && values.compare !== undefined)
    throw new Error('--compare takes results of the load bench');
  return {
    kind,
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
    cluster: {
      nodes: count('--nodes', values.nodes),
      apis: count('--apis', values.apis),
      routes: count('--routes', values.routes),
      pushes: count('--pushes', values.pushes),
      every: count('--every', values.every),
      rate: count('--rate', values.rate),
    },
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
