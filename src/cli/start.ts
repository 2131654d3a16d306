/** `propylon start`: from settings to a serving node, and its end on a signal. */
import { apiIdOf } from '../config/build-snapshot.js';
import { type NodeSettings, ROOT_OF_ANY_HOST } from '../config/settings.js';
import { isLoopback } from '../node/admin-server.js';
import { ApiDefinitions } from '../node/api-definitions.js';
import type { ConfigActor } from '../node/config-actor.js';
import type { Source } from '../node/environment.js';
import { Reloader } from '../node/reload.js';
import { logError } from '../telemetry/error-log.js';
import { VERSION } from '../version.js';
import { banner } from './banner.js';
import { CommandError, shownPath } from './output.js';
import { importAll, settingsFrom } from './settings.js';
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
  warnings.push(...importAll(definitions, 'nothing is served'), ...risks(settings));
  const config = await launch(settings, definitions, shutdown);
  shutdown.watchOver(config, settings.graceMs);
  const keys = await config.hasAccessKeys();
  say(block(settings, definitions, config, keys, warnings));
  reloader?.attach(config);
}

function risks(settings: NodeSettings): string[] {
  const warnings: string[] = [];
  if (settings.skipAuthorization) {
    warnings.push('authorization is skipped (--skip-authorization): every caller reaches every method');
  }
  if (!isLoopback(settings.adminHost)) {
    warnings.push(
      `the admin port is open to other machines on ${settings.adminHost} (--admin-host): health and metrics ask for no credentials, the control plane asks for access keys`,
    );
  }
  if (settings.tls !== undefined && logsToStandardOutput(settings)) {
    warnings.push(
      'uWebSockets.js puts lines of its own between those of the access log when certificates of domains change: ' +
        'give the log a file (--access-log-file)',
    );
  }
  return warnings;
}

async function launch(
  settings: NodeSettings,
  definitions: ApiDefinitions,
  shutdown: Shutdown,
): Promise<ConfigActor> {
  // The gateway itself is loaded last: wrong settings are told at once.
  const { ConfigActor } = await import('../node/config-actor.js');
  try {
    return await ConfigActor.start(settings, definitions.local(), (error) => shutdown.fatal(error));
  } catch (error) {
    const failure = new CommandError((error as Error).message);
    failure.cause = error;
    throw failure;
  }
}

/** People read standard output, unless it is the access log, which programs read. */
function sayer(settings: NodeSettings): (text: string) => void {
  const stream = logsToStandardOutput(settings) ? process.stderr : process.stdout;
  return (text) => {
    stream.write(text);
  };
}

function logsToStandardOutput({ accessLog }: NodeSettings): boolean {
  return accessLog.format !== 'off' && accessLog.file === undefined;
}

function block(
  settings: NodeSettings,
  definitions: ApiDefinitions,
  config: ConfigActor,
  accessKeys: boolean | null,
  warnings: readonly string[],
): string {
  const { node } = config;
  return banner({
    version: VERSION,
    host: settings.host,
    port: node.port,
    tlsPort: node.tlsPort,
    adminHost: settings.adminHost,
    adminPort: node.adminPort,
    accessKeys,
    workers: settings.workers,
    acceptors: settings.acceptors,
    store: config.summary(),
    apis: definitions.deployed().map(({ id, stage, mappings = [ROOT_OF_ANY_HOST], definition, file }) => ({
      id: id ?? apiIdOf(definition.name),
      name: definition.name,
      stage,
      mappings,
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
