/** Where the configuration of the cluster is kept, and what a node keeps for itself. */
import { randomBytes } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { NodeSettings, RedisTlsSettings, StoreSettings } from '../config/settings.js';
import { printable } from '../telemetry/printable.js';
import type { Environment } from './environment.js';
import { readText } from './read-text.js';
import type { SettingReader } from './setting-reader.js';
import { secretKey } from './setting-values.js';

type KeptSettings = Pick<NodeSettings, 'store' | 'stateDirectory' | 'configKey' | 'nodeId'>;

const DEFAULT_NAMESPACE = 'propylon';
const MAX_KEY_FILE_BYTES = 65_536;

export function readStore(reader: SettingReader, port: number, environment: Environment): KeptSettings {
  const store = readStoreSettings(reader);
  const directory = reader.path('dataDir');
  const configKey = readConfigKey(reader);
  const nodeId = reader.get('nodeId');
  const stateDirectory =
    directory ?? (store.kind === 'redis' ? defaultDirectory(store.namespace, port, environment) : undefined);
  return {
    store,
    ...(stateDirectory === undefined ? {} : { stateDirectory }),
    ...(configKey === undefined ? {} : { configKey }),
    ...(nodeId === undefined ? {} : { nodeId }),
  };
}

function readStoreSettings(reader: SettingReader): StoreSettings {
  const url = reader.get('redis');
  const directory = reader.path('dataDir');
  const history = reader.get('history');
  const common = history === undefined ? {} : { historyLimit: history };
  const tls = readTls(reader, url);
  if (url !== undefined) {
    const timeoutMs = reader.get('redisTimeout');
    return {
      kind: 'redis',
      url,
      namespace: reader.get('namespace') ?? DEFAULT_NAMESPACE,
      ...(tls === undefined ? {} : { tls }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...common,
    };
  }
  if (directory !== undefined) return { kind: 'disk', directory, ...common };
  return { kind: 'memory', ...common };
}

/** Files for TLS beside a URL without it: somebody believes in an encryption that is not there. */
function readTls(reader: SettingReader, url: string | undefined): RedisTlsSettings | undefined {
  const caFile = reader.path('redisCa');
  const certFile = reader.path('redisCert');
  const keyFile = reader.path('redisKey');
  const first = reader.find('redisCa') ?? reader.find('redisCert') ?? reader.find('redisKey');
  if (first === undefined) return undefined;
  if (url !== undefined && !url.startsWith('rediss')) {
    reader.problems.push(`${first.where} has no effect without TLS: write rediss:// for redis://`);
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    reader.problems.push(
      `${first.where}: a client certificate needs its private key, and a key its certificate`,
    );
  }
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
}

/**
 * One folder per node of a machine that comes back to the same port. A port the system chooses comes back to nobody, and
 * neither does the folder, so it is a temporary one under a name nobody can prepare.
 */
function defaultDirectory(namespace: string, port: number, environment: Environment): string {
  if (port === 0) return join(tmpdir(), `propylon-${namespace}-${randomBytes(6).toString('hex')}`);
  const state = environment.XDG_STATE_HOME ?? '';
  // As the XDG rules have it, a relative path is no path.
  const base = state.startsWith('/') ? state : join(environment.HOME || homedir(), '.local', 'state');
  return resolve(base, 'propylon', `${namespace}-${port}`);
}

/** A file's key goes without the line end that editors leave there. */
function readConfigKey(reader: SettingReader): Uint8Array | undefined {
  const text = reader.get('configKey');
  const written = reader.find('configKey');
  if (text === undefined || written === undefined) return undefined;
  if (!text.startsWith('@')) return new TextEncoder().encode(text);
  const path = reader.resolve('configKey', text.slice(1));
  const where = `${written.where} @${printable(text.slice(1))}`;
  try {
    const content = readText(path, MAX_KEY_FILE_BYTES).replace(/\r?\n$/, '');
    const key = reader.parse({ text: content, where }, secretKey);
    return key === undefined ? undefined : new TextEncoder().encode(key);
  } catch (error) {
    reader.problems.push(`${where} cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}
