/** `propylon start`: from settings to a serving node, and its end on a signal. */
import { existsSync } from 'node:fs';
import { apiIdOf } from '../config/build-snapshot.js';
import { isLoopback } from '../node/admin-server.js';
import { ApiDefinitions } from '../node/api-definitions.js';
import type { Source } from '../node/environment.js';
import { loadSettings, SettingsError } from '../node/load-settings.js';
import type { Node } from '../node/node.js';
import { Reloader } from '../node/reload.js';
import type { NodeSettings } from '../node/settings.js';
import { logError } from '../telemetry/error-log.js';
import { VERSION } from '../version.js';
import { banner } from './banner.js';
import { CommandError, count, problemLine, shownPath } from './output.js';
import { Shutdown } from './shutdown.js';

/** Resolves when the node serves; the process ends by a signal. @throws CommandError */
export async function start(flags: Source): Promise<void> {
  const shutdown = new Shutdown();
  const { settings, warnings } = await settingsFrom(flags);
  const say = sayer(settings);
  const definitions = new ApiDefinitions(settings, shownPath);
  const reloader = settings.watch
    ? new Reloader(definitions, settings.functions, { done: (line) => say(`${line}\n`), failed: logError })
    : undefined;
  warnings.push(...importAll(definitions), ...risks(settings));
  const node = await launch(settings, definitions, shutdown);
  shutdown.watchOver(node, settings.graceMs);
  say(block(settings, definitions, node, warnings));
  reloader?.attach(node);
}

async function settingsFrom(flags: Source): Promise<{ settings: NodeSettings; warnings: string[] }> {
  try {
    const loaded = await loadSettings({ flags, environment: process.env, cwd: process.cwd() });
    if (loaded.settings.apis.length > 0) return loaded;
  } catch (error) {
    if (error instanceof SettingsError) throw new CommandError(...error.problems);
    throw error;
  }
  const hint = existsSync('propylon.yaml')
    ? 'propylon start --config propylon.yaml'
    : 'propylon start api.yaml';
  throw new CommandError(`there is nothing to serve: name an OpenAPI document, as in "${hint}"`);
}

/** @returns a warning for every document that has some; errors end the command, all of them told */
function importAll(definitions: ApiDefinitions): string[] {
  const warnings: string[] = [];
  let errors = 0;
  for (const file of definitions.files) {
    const problems = definitions.load(file);
    const bad = problems.filter(({ severity }) => severity === 'error');
    process.stderr.write(bad.map(problemLine).join(''));
    errors += bad.length;
    if (problems.length > bad.length) {
      const number = count(problems.length - bad.length, 'warning');
      warnings.push(`${shownPath(file)} has ${number}: see propylon validate ${shownPath(file)}`);
    }
  }
  if (errors > 0) throw new CommandError(`nothing is served: correct ${count(errors, 'error')} first`);
  return warnings;
}

function risks(settings: NodeSettings): string[] {
  const warnings: string[] = [];
  if (settings.skipAuthorization) {
    warnings.push('authorization is skipped (--skip-authorization): every caller reaches every method');
  }
  if (!isLoopback(settings.adminHost)) {
    warnings.push(
      `the admin port is open to other machines on ${settings.adminHost} and asks for no credentials (--admin-host)`,
    );
  }
  return warnings;
}

async function launch(
  settings: NodeSettings,
  definitions: ApiDefinitions,
  shutdown: Shutdown,
): Promise<Node> {
  // The gateway itself is loaded last: wrong settings are told at once.
  const { startNode } = await import('../node/node.js');
  try {
    return await startNode(settings, definitions.snapshot(), (error) => shutdown.fatal(error));
  } catch (error) {
    const failure = new CommandError((error as Error).message);
    failure.cause = error;
    throw failure;
  }
}

/** People read standard output, unless it is the access log, which programs read. */
function sayer({ accessLog }: NodeSettings): (text: string) => void {
  const logIsThere = accessLog.format !== 'off' && accessLog.file === undefined;
  const stream = logIsThere ? process.stderr : process.stdout;
  return (text) => {
    stream.write(text);
  };
}

function block(
  settings: NodeSettings,
  definitions: ApiDefinitions,
  node: Node,
  warnings: readonly string[],
): string {
  return banner({
    version: VERSION,
    host: settings.host,
    port: node.port,
    adminHost: settings.adminHost,
    adminPort: node.adminPort,
    workers: settings.workers,
    acceptors: settings.acceptors,
    apis: definitions.deployed().map(({ id, stage, basePath, domain, definition, file }) => ({
      id: id ?? apiIdOf(definition.name),
      name: definition.name,
      stage,
      basePath,
      domain,
      methods: definition.resources.reduce((sum, { methods }) => sum + methods.length, 0),
      definition: shownPath(file),
      disableExecuteApiEndpoint: definition.disableExecuteApiEndpoint,
    })),
    functions: settings.functions.map(({ name, file, handler }) => ({
      name,
      file: shownPath(file),
      handler,
    })),
    lambda: settings.lambda.endpoint ?? `AWS Lambda in ${settings.lambda.region}`,
    executeApiHosts: settings.executeApiHosts,
    executeApiPaths: settings.executeApiPaths,
    watch: settings.watch,
    warnings,
  });
}
