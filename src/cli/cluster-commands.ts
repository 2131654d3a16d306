/** The commands of a cluster, as `propylon` knows them; the code of each is loaded when it runs. */
import { type Command, Option } from 'commander';
import type { CreateKeyFlags } from './admin.js';
import { addKeyFlags, addPublishFlags, addPushFlags, addStoreFlags, flagSource } from './flags.js';
import type { HistoryFlags } from './history.js';
import type { PublishFlags } from './publishing.js';
import type { PullFlags } from './pull.js';
import type { PushFlags } from './push.js';
import type { RemoveFlags } from './remove.js';

const STORE_HELP = `
The store is named by --redis or --data-dir, by PROPYLON_REDIS or PROPYLON_DATA_DIR, or in the file of --config.
PROPYLON_CONFIG_KEY keeps the key, and PROPYLON_REDIS a password, out of the list of processes.`;

type Options = Record<string, unknown>;

export function addClusterCommands(program: Command): void {
  addPush(program);
  addStatus(program);
  addHistory(program);
  addDiff(program);
  addRollback(program);
  addRemove(program);
  addPull(program);
  addAdmin(program);
}

function addPush(program: Command): void {
  const command = program
    .command('push')
    .description('publish definitions to every node of a cluster, as one revision')
    .argument('[definition...]', 'OpenAPI 3 or Swagger 2 documents, or /BASE=FILE to map one at a base path')
    .addOption(
      new Option(
        '--api <name>',
        'id of the API in its execute-api addresses (derived from the title)',
      ).helpGroup('API:'),
    )
    .addOption(new Option('--domain <host>', 'host of the base path (any host)').helpGroup('API:'));
  addPushFlags(command);
  addRevisionOptions(command);
  command.addOption(
    new Option('--force', 'replace everything in a store that holds something damaged').helpGroup(
      'Revision:',
    ),
  );
  command
    .addHelpText(
      'after',
      `
Everything is imported and compiled first, as a node does it: what could not be served is not published.
Without --base-path or /BASE=FILE an API is reached at its execute-api addresses, and at mappings it has.
Another push at the same time is no matter, unless it changes the same API and stage: then the later one fails.
--wait ends when every live node serves the revision; the exit code is 1 when one refuses it or takes too long.
--force is for a store whose revision nobody believes any more: what is pushed, and nothing else, is served then. Give
all definitions, as with --config and the propylon.yaml of a pull; APIs of the control plane come back when deployed.
${STORE_HELP}

Examples:
  propylon push orders.yaml --api orders --stage prod --redis redis://localhost:6379
  propylon push orders.yaml --api orders --base-path /orders --message 'faster search' --wait
  propylon push /orders=orders.yaml /pets=pets.yaml --stage-variable backend=app.internal:8080
  propylon push --config propylon.yaml --wait --timeout 2m --json`,
    )
    .action(async (definitions: string[], options: Options & PushFlags) => {
      const { push } = await import('./push.js');
      process.exitCode = await push(flagSource(definitions, options), options);
    });
}

function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('show the newest revision and what every node serves')
    .option('--json', 'print one JSON document instead of text');
  addStoreFlags(command);
  command
    .addHelpText(
      'after',
      `
A node is current, behind, diverged (what it serves is not the store's), refused (it keeps the revision before, and
says why) or draining (it stops).
LAG is the time from the commit of a revision until the node served it.
${STORE_HELP}

Examples:
  propylon status --redis redis://localhost:6379
  propylon status --json | jq '.nodes[] | select(.appliedRevision < 7)'`,
    )
    .action(async (options: Options & { json?: boolean }) => {
      const { status } = await import('./status.js');
      process.exitCode = await status(flagSource([], options), options.json === true);
    });
}

function addHistory(program: Command): void {
  const command = program
    .command('history')
    .description('show who changed what, when and why, newest first')
    .option('--limit <number>', 'the newest so many (all that are kept)')
    .option('--json', 'print one JSON document instead of text');
  addStoreFlags(command);
  command
    .addHelpText(
      'after',
      `${STORE_HELP}

Examples:
  propylon history --limit 10 --redis redis://localhost:6379
  propylon history --json | jq -r '.revisions[] | select(.by | startswith("ann")) | .revision'`,
    )
    .action(async (options: Options & HistoryFlags) => {
      const { history } = await import('./history.js');
      process.exitCode = await history(flagSource([], options), options);
    });
}

function addDiff(program: Command): void {
  const command = program
    .command('diff')
    .description('show what differs between two revisions: by API, route and field')
    .argument('<from>', 'a revision')
    .argument('[to]', 'another one (the newest)')
    .option('--json', 'print one JSON document instead of text');
  addStoreFlags(command);
  command
    .addHelpText(
      'after',
      `${STORE_HELP}

Examples:
  propylon diff 6 7 --redis redis://localhost:6379
  propylon diff 6 --json | jq '.differences[] | select(.route)'`,
    )
    .action(async (from: string, to: string | undefined, options: Options & { json?: boolean }) => {
      const { diff } = await import('./diff.js');
      process.exitCode = await diff(flagSource([], options), from, to, options.json === true);
    });
}

function addRollback(program: Command): void {
  const command = program
    .command('rollback')
    .description('publish what an earlier revision had, as a new revision')
    .argument('<revision>', 'one of the history');
  addPublishFlags(command);
  addRevisionOptions(command);
  command
    .addHelpText(
      'after',
      `
All APIs, stages and mappings are again what they were. Another commit at the same time makes it fail.
${STORE_HELP}

Examples:
  propylon rollback 6 --redis redis://localhost:6379
  propylon rollback 6 --message 'orders answers 500' --wait`,
    )
    .action(async (revision: string, options: Options & PublishFlags) => {
      const { rollback } = await import('./rollback.js');
      process.exitCode = await rollback(flagSource([], options), revision, options);
    });
}

function addRemove(program: Command): void {
  const command = program
    .command('remove')
    .description('take an API, a stage or a mapping away from the cluster')
    .option('--api <name>', 'id of the API')
    .option('--stage <name>', 'only this stage of it; an API goes with its last stage')
    .option('--base-path <path>', 'the mapping of this base path')
    .option('--domain <host>', 'the mapping on this host (on any host)');
  addPublishFlags(command);
  addRevisionOptions(command);
  command
    .addHelpText(
      'after',
      `
What is mapped to a stage goes with it.
${STORE_HELP}

Examples:
  propylon remove --api orders --stage dev --redis redis://localhost:6379
  propylon remove --api orders --message 'replaced by orders2' --wait
  propylon remove --base-path /orders --domain api.example.com`,
    )
    .action(async (options: Options & RemoveFlags) => {
      const { remove } = await import('./remove.js');
      // As settings a stage and a base path are about definitions, and no definition is read here.
      const { stage: _stage, basePath: _basePath, ...settings } = options;
      process.exitCode = await remove(flagSource([], settings), options);
    });
}

function addPull(program: Command): void {
  const command = program
    .command('pull')
    .description('write what is served as OpenAPI documents, to edit and push again')
    .option('--api <name>', 'only this API')
    .option('--stage <name>', 'only this stage')
    .option('--revision <revision>', 'an earlier revision (the newest)')
    .option('--output <dir|file|->', 'folder; .yaml or .json file or - for one stage (revision-N, a folder)')
    .option('--format <oas30|swagger>', 'OpenAPI 3.0 or Swagger 2.0 (oas30)')
    .option('--syntax <yaml|json>', 'of the documents (as the output file is called, else yaml)')
    .option('--force', 'overwrite files that are there')
    .option('--json', 'print one JSON document about them instead of text');
  addStoreFlags(command);
  command
    .addHelpText(
      'after',
      `
Each stage becomes a document with all x-amazon-apigateway extensions, as in orders-prod.yaml. Ids, stage variables,
base paths and domains stand in a propylon.yaml beside them: "propylon push --config" with it makes the same content
again. What would not come back is told: canaries, certificates, and what Swagger 2.0 cannot hold.
${STORE_HELP}

Examples:
  propylon pull --redis redis://localhost:6379
  propylon pull --api orders --stage prod --output orders.yaml
  propylon pull --revision 6 --output before
  propylon pull --api orders --stage prod --output - | less`,
    )
    .action(async (options: Options & PullFlags) => {
      const { pull } = await import('./pull.js');
      // As a setting a stage is about definitions, and no definition is read here.
      const { stage: _stage, ...settings } = options;
      process.exitCode = await pull(flagSource([], settings), options);
    });
}

function addAdmin(program: Command): void {
  const admin = program
    .command('admin')
    .description('the access keys that AWS SDKs, the AWS CLI and Terraform sign their calls with')
    .helpOption('-h, --help', 'print this help');
  const create = admin
    .command('create-key')
    .description('make an access key and show its secret, once')
    .option('--name <text>', 'who or what it is for')
    .option('--read-only', 'it may read, and change nothing')
    .option('--json', 'print one JSON document instead of text');
  addKeyFlags(create);
  create
    .addHelpText(
      'after',
      `
Without any access key the control plane serves callers on the machine of a node, without signatures, and nobody else.
Secrets are kept encrypted: with the configuration key, or for a data folder with the file admin.key in it.
${STORE_HELP}

Examples:
  propylon admin create-key --name ci --data-dir /var/lib/propylon
  propylon admin create-key --name dashboards --read-only --redis redis://localhost:6379 --config-key @key.txt`,
    )
    .action(async (options: Options & CreateKeyFlags) => {
      const { createKey } = await import('./admin.js');
      process.exitCode = await createKey(flagSource([], options), options);
    });
  const list = admin
    .command('list-keys')
    .description('show the access keys, without their secrets')
    .option('--json', 'print one JSON document instead of text');
  addStoreFlags(list);
  list.addHelpText('after', STORE_HELP).action(async (options: Options & { json?: boolean }) => {
    const { listKeys } = await import('./admin.js');
    process.exitCode = await listKeys(flagSource([], options), options.json === true);
  });
  const remove = admin
    .command('delete-key')
    .description('end an access key, at once and on every node')
    .argument('<id>', 'of list-keys')
    .option('--json', 'print one JSON document instead of text');
  addStoreFlags(remove);
  remove
    .addHelpText('after', STORE_HELP)
    .action(async (id: string, options: Options & { json?: boolean }) => {
      const { deleteKey } = await import('./admin.js');
      process.exitCode = await deleteKey(flagSource([], options), id, options.json === true);
    });
}

function addRevisionOptions(command: Command): void {
  const group = 'Revision:';
  for (const option of [
    new Option('--message <text>', 'why, for the history'),
    new Option('--by <who>', 'who, for the history (user@host)'),
    new Option('--wait', 'return when every live node serves it'),
    new Option('--timeout <time>', 'how long to wait (30s)'),
    new Option('--json', 'print one JSON document instead of text'),
  ]) {
    command.addOption(option.helpGroup(group));
  }
}
