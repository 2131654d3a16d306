#!/usr/bin/env node
/** The `propylon` command. Each command's own code is loaded only when it runs: help and validation need no gateway. */
import { Command, Option } from 'commander';
import { DEBUG_VARIABLE } from '../node/environment.js';
import { VERSION } from '../version.js';
import { BENCH_HELP } from './bench-help.js';
import type { BenchFlags } from './bench-settings.js';
import { addClusterCommands } from './cluster-commands.js';

import { addInvokeFlags, addStartFlags, collect, flagSource, INVOKE_HELP, START_HELP } from './flags.js';
import { CommandError, complain } from './output.js';

const program = new Command('propylon')
  .description('Serves Amazon API Gateway REST APIs on your own machines, at proxy speed.')
  .version(VERSION, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .configureOutput({ outputError: (text) => complain(oneLine(text)) })
  .addHelpText(
    'after',
    `
Examples:
  propylon start api.yaml                serve an OpenAPI document on port 8080
  propylon validate api.yaml             tell everything that is wrong with it
  propylon routes api.yaml               show its resource tree
  propylon invoke api.yaml GET /pets     make one request without a server, --trace shows each step
  propylon push api.yaml --redis URL     publish it to every node of a cluster
  propylon status --redis URL            show what every node serves
  propylon bench http://localhost:8080/  put load on a server, --rate and --threshold as you like
  propylon start --help                  all settings, with their environment variables`,
  );

program
  .command('start')
  .description('serve one or more API definitions')
  .argument('[definition...]', 'OpenAPI 3 or Swagger 2 documents, or /BASE=FILE to map one at a base path')
  .addHelpText('after', START_HELP)
  .action(async (definitions: string[], options: Record<string, unknown>) => {
    const { start } = await import('./start.js');
    await start(flagSource(definitions, options));
  });

program
  .command('validate')
  .description('tell everything that is wrong with definitions: file, line, column, JSON pointer, what to do')
  .argument('<definition...>', 'OpenAPI 3 or Swagger 2 documents')
  .option('--strict', 'exit with 1 for warnings too')
  .option('--json', 'print one JSON document instead of lines')
  .addHelpText(
    'after',
    `
The exit code is 0 when every definition can be served, 1 otherwise.

Examples:
  propylon validate api.yaml
  propylon validate --strict apis/*.yaml
  propylon validate --json api.yaml | jq '.files[].problems[] | select(.severity == "error")'`,
  )
  .action(async (definitions: string[], options: { strict?: boolean; json?: boolean }) => {
    const { validate } = await import('./validate.js');
    process.exitCode = validate(definitions, {
      strict: options.strict === true,
      json: options.json === true,
    });
  });

program
  .command('routes')
  .description('show the resource tree of a definition, in the order in which matching tries it')
  .argument('<definition>', 'OpenAPI 3 or Swagger 2 document')
  .addHelpText(
    'after',
    `
Examples:
  propylon routes api.yaml`,
  )
  .action(async (definition: string) => {
    const { routes } = await import('./routes.js');
    process.exitCode = routes(definition);
  });

program
  .command('invoke')
  .description('make one request through the compiled pipeline, without a server, and print the answer')
  .argument('<definition>', 'OpenAPI 3 or Swagger 2 document, or /BASE=FILE to map it at a base path')
  .argument('<method>', 'method in upper case, as in GET')
  .argument('<path>', 'path with its base path, percent-encoded; a query may follow')
  .addOption(new Option('--header <name: value>', 'header of the request (repeatable)').argParser(collect))
  .addOption(
    new Option('--query <name=value>', 'query parameter, not encoded (repeatable)').argParser(collect),
  )
  .option('--body <text|@file|->', 'body of the request: a text, a file, or - for standard input')
  .option('--trace', 'print each step before the answer')
  .option('--json', 'print one JSON document instead of text')
  .addHelpText('after', INVOKE_HELP)
  .action(async (definition: string, method: string, path: string, options: Record<string, unknown>) => {
    const { invokeCommand } = await import('./invoke.js');
    const { header = [], query = [], body, trace, json } = options as InvokeFlags;
    process.exitCode = await invokeCommand(
      flagSource([definition], options),
      { method, path, headers: header, query, body },
      { trace: trace === true, json: json === true },
    );
  });

addClusterCommands(program);
program
  .command('bench')
  .description('put load on an HTTP server and tell latencies, failures and rates')
  .argument('<target>', 'URL, or a scenario file')
  .option(
    '--rate <number>',
    'requests per second, however long answers take (default: as fast as answers come)',
  )
  .option('--duration <time>', 'how long (default: 10s)')
  .option('--warm-up <time>', 'before that, not measured (default: 1s)')
  .option('--arrivals <kind>', 'constant: evenly spaced (default); poisson: at random, as from many clients')
  .option('--connections <number>', 'connections, kept alive (default: 64)')
  .option('--threads <number>', 'threads that send (default: by the rate)')
  .option('--timeout <time>', 'from the intended time of sending to the whole answer (default: 10s)')
  .option('--method <method>', 'method in upper case (default: GET)')
  .addOption(new Option('--header <name: value>', 'header of the request (repeatable)').argParser(collect))
  .option('--body <text|@file|->', 'body of the request: a text, a file, or - for standard input')
  .option('--expect-status <number>', 'status every answer must have (default: any below 400)')
  .option('--expect-body <text|@file>', 'body every answer must have')
  .option('--insecure', 'accept any certificate')
  .addOption(
    new Option('--threshold <condition>', "condition on the result, as in 'p99<50ms' (repeatable)").argParser(
      collect,
    ),
  )
  .option('--json', 'print one JSON document instead of text')
  .addHelpText('after', BENCH_HELP)
  .action(async (target: string, options: BenchFlags) => {
    const { bench } = await import('./bench.js');
    process.exitCode = await bench(target, options);
  });

for (const command of program.commands) {
  if (command.name() === 'start') addStartFlags(command);
  if (command.name() === 'invoke') addInvokeFlags(command);
  command.helpOption('-h, --help', 'print this help');
}

interface InvokeFlags {
  header?: string[];
  query?: string[];
  body?: string;
  trace?: boolean;
  json?: boolean;
}

/**
 * Commander's `error: unknown option '--prot'\n(Did you mean --port?)` as one line; a document instead of a command is
 * the mistake of everybody's first day.
 */
function oneLine(text: string): string {
  const document = /unknown command '(.+\.(?:ya?ml|json))'/.exec(text)?.[1];
  if (document !== undefined)
    return `there is no command ${document} (did you mean propylon start ${document}?)`;
  return text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ');
}

function fail(error: unknown): void {
  if (process.env[DEBUG_VARIABLE]) console.error(error);
  else if (error instanceof CommandError) error.lines.forEach(complain);
  else complain(`${messageOf(error)} (${DEBUG_VARIABLE}=1 shows where)`);
  process.exit(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? error.name) : String(error);
}

// A reader that went away (`propylon routes api.yaml | head`) is no error of ours.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}
