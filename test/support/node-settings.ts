import { DEFAULT_LIMITS, type NodeSettings } from '../../src/config/settings.js';
import { DEFAULT_UPSTREAM_SETTINGS } from '../../src/upstream/upstream.js';

/** Settings of a node on free loopback ports. */
export function nodeSettings(changes: Partial<NodeSettings> = {}): NodeSettings {
  return {
    host: '127.0.0.1',
    port: 0,
    adminHost: '127.0.0.1',
    adminPort: 0,
    workers: 1,
    acceptors: 1,
    apis: [],
    functions: [],
    aws: { endpoints: {} },
    lambda: { region: 'us-east-1', accountId: '000000000000' },
    upstream: DEFAULT_UPSTREAM_SETTINGS,
    upstreams: {},
    limits: DEFAULT_LIMITS,
    executeApiHosts: true,
    executeApiPaths: true,
    skipAuthorization: false,
    watch: false,
    graceMs: 1_000,
    accessLog: { format: 'off' },
    store: { kind: 'memory' },
    ...changes,
  };
}
