/** What the commands of a cluster share: the store, opened and closed, and what can be wrong with it as commands tell it. */
import { BaseError } from '../config/base.js';
import { UntrustedError } from '../config/head.js';
import { ItemError } from '../config/items.js';
import type { NodeSettings } from '../config/settings.js';
import { type ConfigStore, ConflictError, StoreUnavailableError } from '../config/store.js';
import type { Source } from '../node/environment.js';
import { InvalidValue, type Parser } from '../node/setting-values.js';
import { CommandError, complain } from './output.js';
import { Progress } from './progress.js';
import { settingsFrom } from './settings.js';

export interface Cluster {
  store: ConfigStore;
  /** What revisions are signed with. */
  key: Uint8Array | undefined;
  /** Ended before a result or an error is printed. */
  progress: Progress;
}

/** Settings that name a store that keeps something. @throws CommandError */
export async function clusterSettings(flags: Source): Promise<NodeSettings> {
  const { settings, warnings } = await settingsFrom(flags);
  warnings.forEach(complain);
  if (settings.store.kind !== 'memory') return settings;
  throw new CommandError(
    'no store is named: say where the configuration is kept, as in --redis redis://localhost:6379 or --data-dir /var/lib/propylon',
  );
}

/** Opens the store, works with it and closes it. @throws CommandError */
export async function withCluster<T>(
  settings: NodeSettings,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const progress = new Progress();
  progress.show('connecting to the store');
  try {
    const store = await open(settings);
    try {
      progress.show(`reading ${store.description}`);
      return await work({ store, key: settings.configKey, progress });
    } finally {
      await store.close();
    }
  } catch (error) {
    throw asCommandError(error);
  } finally {
    progress.end();
  }
}

async function open({ store }: NodeSettings): Promise<ConfigStore> {
  const { openStore } = await import('../config/stores/open.js');
  try {
    return await openStore(store);
  } catch (error) {
    throw caused(error as Error, (error as Error).message);
  }
}

function asCommandError(error: unknown): unknown {
  if (error instanceof UntrustedError) {
    return caused(error, `${error.message}; is this the cluster's namespace and configuration key?`);
  }
  if (error instanceof BaseError) return caused(error, `nothing is published: ${error.message}`);
  if (error instanceof ConflictError) return caused(error, `nothing is published: ${error.message}`);
  if (error instanceof StoreUnavailableError) return caused(error, error.message);
  if (error instanceof ItemError) return caused(error, `the item ${error.message}`);
  return error;
}

function caused(cause: Error, line: string): CommandError {
  const error = new CommandError(line);
  error.cause = cause;
  return error;
}

/** A flag that is no setting. @throws CommandError */
export function flagValue<T>(flag: string, text: string, parser: Parser<T>): T {
  try {
    return parser(text);
  } catch (error) {
    if (error instanceof InvalidValue) throw new CommandError(`${flag} ${error.message}`);
    throw error;
  }
}
