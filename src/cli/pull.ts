/** `propylon pull`: what is served, as files to edit and push again. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { snapshotOfItems } from '../config/items.js';
import type { Api, Snapshot } from '../model/snapshot.js';
import type { Source } from '../node/environment.js';
import { apiId, oneOf, stageName } from '../node/setting-values.js';
import { printable } from '../telemetry/printable.js';
import { findApi, findStage, known } from './find-api.js';
import { CommandError, complain, count, safeJson, shownPath } from './output.js';
import { ownedApis } from './owned.js';
import { configFile, type DocumentForm, lossesOf, type PulledStage, pullStages } from './pulled.js';
import { findRevisions, revisionNumber } from './revisions.js';
import { clusterSettings, flagValue, withCluster } from './store.js';
import { writeFiles } from './write-files.js';

/** As commander gives them. */
export interface PullFlags {
  api?: string;
  stage?: string;
  revision?: string;
  output?: string;
  format?: string;
  syntax?: string;
  force?: boolean;
  json?: boolean;
}

/** What became of the stages. */
interface Written {
  /** One for each, as the user would write its name. */
  files: string[];
  /** What pushes them; null: the control plane has them all. */
  push: string | null;
}

const STANDARD_OUTPUT = '-';
const CONFIG_FILE = 'propylon.yaml';

/** @returns the exit code. @throws CommandError */
export async function pull(flags: Source, options: PullFlags): Promise<number> {
  const form = formOf(options);
  const numbers = options.revision === undefined ? [] : [revisionNumber(options.revision)];
  if (options.output === STANDARD_OUTPUT && options.json === true) {
    throw new CommandError('--json and --output - both print a document: take one of them away');
  }
  const settings = await clusterSettings(flags);
  return await withCluster(settings, async (cluster) => {
    const { newest, wanted } = await findRevisions(cluster, numbers);
    const { head, items } = wanted[0] ?? newest;
    const { revision, epoch } = head;
    const snapshot = snapshotOfItems(items, revision);
    const apis = choose(snapshot, options);
    cluster.progress.show(`exporting ${count(apis.length, 'API')}`);
    const ids = apis.map(({ id }) => id);
    const owned = new Set(await ownedApis(cluster.store, ids));
    const output = options.output ?? `revision-${revision}`;
    const stages = pullStages(snapshot, apis, form, settings.lambda.region);
    const one = isOneDocument(output) ? onlyOne(stages, output) : undefined;
    const pulled = one === undefined ? stages : [one];
    const warnings = [
      ...[...owned].map((id) => `API ${id} is managed through the control plane: a push refuses it`),
      ...lossesOf(pulled, snapshot, owned, settings.lambda),
    ];
    const force = options.force === true;
    cluster.progress.end();
    const { files, push } =
      one === undefined
        ? await writeFolder(pulled, output, owned, force, { syntax: form.syntax, revision })
        : await writeOne(one, output, owned, force);
    if (options.json === true) {
      const named = pulled.map(({ api, stage }, i) => ({ api: api.id, stage: stage.name, file: files[i] }));
      process.stdout.write(safeJson({ revision, epoch, files: named, push, warnings }));
      return 0;
    }
    warnings.forEach(complain);
    const again = push === null ? [] : [`push it again with: ${push}`];
    if (output === STANDARD_OUTPUT) again.forEach(complain);
    else {
      const names = pulled.map(({ api, stage }, i) => `${api.id}/${stage.name} is in ${files[i]}`);
      const lines = [`revision ${revision}`, ...names, ...again].map(printable);
      process.stdout.write(lines.join('\n  ').concat('\n'));
    }
    return 0;
  });
}

/** @throws CommandError */
function formOf({ output = '', format, syntax }: PullFlags): DocumentForm {
  return {
    format: flagValue('--format', format ?? 'oas30', oneOf('oas30', 'swagger')),
    syntax: flagValue(
      '--syntax',
      syntax ?? (/\.json$/i.test(output) ? 'json' : 'yaml'),
      oneOf('yaml', 'json'),
    ),
  };
}

/** The APIs with those of their stages that are wanted; there is at least one. @throws CommandError */
function choose(snapshot: Snapshot, options: PullFlags): Api[] {
  const id = options.api === undefined ? undefined : flagValue('--api', options.api, apiId);
  const name = options.stage === undefined ? undefined : flagValue('--stage', options.stage, stageName);
  const apis = id === undefined ? snapshot.apis : [findApi(snapshot, id)];
  const [only] = apis;
  const all = apis.flatMap(({ stages }) => stages.map((stage) => stage.name));
  if (only === undefined || all.length === 0) {
    throw new CommandError(`there is nothing to pull: revision ${snapshot.revision} has no stage`);
  }
  if (name === undefined) return apis;
  if (id !== undefined) return [{ ...only, stages: [findStage(only, name)] }];
  if (!all.includes(name))
    throw new CommandError(`no API has a stage ${name}${known(name, [...new Set(all)])}`);
  return apis.flatMap((api) => {
    const stages = api.stages.filter((stage) => stage.name === name);
    return stages.length === 0 ? [] : [{ ...api, stages }];
  });
}

/** Standard output or a file; everything else is a folder. */
function isOneDocument(output: string): boolean {
  if (output === STANDARD_OUTPUT) return true;
  return /\.(?:ya?ml|json)$/i.test(output) && !statSync(output, { throwIfNoEntry: false })?.isDirectory();
}

/** Flags of `push` name one mapping. @throws CommandError */
function onlyOne(stages: readonly PulledStage[], output: string): PulledStage {
  const [stage, ...others] = stages;
  if (stage !== undefined && others.length === 0) return { ...stage, mappings: stage.mappings.slice(0, 1) };
  const names = stages.slice(0, 10).map(({ api, stage: { name } }) => `${api.id}/${name}`);
  throw new CommandError(
    `--output ${output} takes one stage, and there are ${stages.length}: choose one of ${names.join(', ')} with --api and --stage, or name a folder`,
  );
}

/** @throws CommandError */
async function writeOne(
  pulled: PulledStage,
  output: string,
  owned: ReadonlySet<string>,
  force: boolean,
): Promise<Written> {
  const toOutput = output === STANDARD_OUTPUT;
  const path = resolve(output);
  if (toOutput) process.stdout.write(pulled.text);
  else await writeFiles([{ path, text: pulled.text }], force);
  const file = toOutput ? 'FILE' : shownPath(path);
  return { files: [file], push: owned.has(pulled.api.id) ? null : pushOf(pulled, file) };
}

/** @throws CommandError */
async function writeFolder(
  pulled: readonly PulledStage[],
  folder: string,
  owned: ReadonlySet<string>,
  force: boolean,
  { syntax, revision }: { syntax: DocumentForm['syntax']; revision: number },
): Promise<Written> {
  const name = ({ api, stage }: PulledStage): string => fileName(api.id, stage.name, syntax);
  const documents = pulled.map((one) => ({ path: resolve(folder, name(one)), text: one.text }));
  const files = documents.map(({ path }) => shownPath(path));
  const pushed = pulled.filter(({ api }) => !owned.has(api.id));
  if (pushed.length === 0) {
    await writeFiles(documents, force);
    return { files, push: null };
  }
  const path = resolve(folder, CONFIG_FILE);
  // Last: where it is, all that it names is there.
  await writeFiles([...documents, { path, text: configFile(pushed, pushed.map(name), revision) }], force);
  return { files, push: `propylon push --config ${shellWord(shownPath(path))}` };
}

/** `orders-prod.yaml`. What a store holds must not choose a place outside the folder. @throws CommandError */
function fileName(api: string, stage: string, syntax: string): string {
  return `${flagValue('the id of a stored API', api, apiId)}-${flagValue('the name of a stored stage', stage, stageName)}.${syntax}`;
}

function pushOf({ api, stage, mappings }: PulledStage, file: string): string {
  const words = ['propylon', 'push', file, '--api', api.id, '--stage', stage.name];
  for (const [name, value] of Object.entries(stage.variables))
    words.push('--stage-variable', `${name}=${value}`);
  for (const { domain, basePath } of mappings) {
    words.push('--base-path', `/${basePath}`, ...(domain === '' ? [] : ['--domain', domain]));
  }
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
