/** What `start` prints when the node serves: one block, from plain data. */
import type { MappingSettings } from '../config/settings.js';
import type { ConfigSummary } from '../node/config-actor.js';
import { printable } from '../telemetry/printable.js';
import { count } from './output.js';

export interface BannerData {
  version: string;
  host: string;
  port: number;
  /** Null: there is none. */
  tlsPort: number | null;
  adminHost: string;
  adminPort: number;
  /** Whether callers of the control plane have to sign; null: not known. */
  accessKeys: boolean | null;
  workers: number;
  acceptors: number;
  store: ConfigSummary;
  apis: readonly BannerApi[];
  functions: readonly { name: string; file: string; handler: string }[];
  /** Where functions are called that are not local. */
  lambda: string;
  executeApiHosts: boolean;
  executeApiPaths: boolean;
  watch: boolean;
  warnings: readonly string[];
}

export interface BannerApi {
  id: string;
  name: string;
  stage: string;
  mappings: readonly MappingSettings[];
  methods: number;
  /** File, as the user would write it. */
  definition: string;
  disableExecuteApiEndpoint: boolean;
}

export function banner(data: BannerData): string {
  const rows: [label: string, text: string][] = [
    ['listening', `${url(data.host, data.port)}/`],
    ...(data.tlsPort === null
      ? []
      : [['', `https://${named(data.host)}:${data.tlsPort}/`] as [string, string]]),
    ['admin', `${url(data.adminHost, data.adminPort)}/  (healthz, readyz, metrics)`],
    ...controlRows(data),
    ['threads', `${count(data.acceptors, 'acceptor')}, ${count(data.workers, 'worker')}`],
    ...storeRows(data.store),
  ];
  if (data.apis.length === 0 && data.store.apis === 0) {
    rows.push([
      'API',
      'none yet: name an OpenAPI document, as in "propylon start api.yaml", push one, or make one with AWS tools',
    ]);
  }
  for (const api of data.apis) {
    const methods = count(api.methods, 'method');
    rows.push(['API', `${api.id}  "${api.name}", stage ${api.stage}, ${methods}, from ${api.definition}`]);
    for (const address of addresses(data, api)) rows.push(['', address]);
  }
  data.functions.forEach(({ name, file, handler }, i) => {
    rows.push([i === 0 ? 'functions' : '', `${name}  ${file}#${handler}`]);
  });
  rows.push(['lambda', data.lambda]);
  if (data.watch) rows.push(['watching', 'definitions and functions are reloaded when they change']);
  for (const warning of data.warnings) rows.push(['warning', warning]);
  const lines = rows.map(([label, text]) => `  ${label.padEnd(11)}${printable(text)}`);
  return `Propylon ${data.version} is serving\n${lines.join('\n')}\n`;
}

function controlRows({ adminHost, adminPort, accessKeys }: BannerData): [label: string, text: string][] {
  const row: [string, string] = ['control', `${url(adminHost, adminPort)}  (AWS SDKs, CLI: --endpoint-url)`];
  switch (accessKeys) {
    case true:
      return [row, ['', 'calls are signed with an access key']];
    case false:
      return [
        row,
        ['', 'no access keys: only this machine is served ("propylon admin create-key" makes one)'],
      ];
    case null:
      return [row, ['', 'whether there are access keys is not known while the store is away']];
  }
}

function storeRows(store: ConfigSummary): [label: string, text: string][] {
  const { description, durable, nodeId, revision, apis, trouble } = store;
  if (!durable) {
    return [
      ['store', `${description}: nothing is kept after this process ends (--data-dir or --redis keep it)`],
    ];
  }
  const held = revision === 0 ? 'nothing yet' : `revision ${revision}, ${count(apis, 'API')}`;
  const rows: [string, string][] = [
    ['store', `${description}: ${held}`],
    ['node', nodeId],
  ];
  if (trouble !== null)
    rows.push(['warning', `${trouble}: ${revision === 0 ? 'not ready' : 'the last known good is served'}`]);
  return rows;
}

const EVERYWHERE = ['0.0.0.0', '::'];
const LOCAL = [...EVERYWHERE, '127.0.0.1', '::1', 'localhost'];

/** A wildcard address is no place a client can name. */
function named(host: string): string {
  return EVERYWHERE.includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
}

function url(host: string, port: number): string {
  return `http://${named(host)}:${port}`;
}

function addresses(data: BannerData, api: BannerApi): string[] {
  const list = api.mappings.map(({ domain, basePath }) => {
    const base = domain === '' ? url(data.host, data.port) : `http://${domain}:${data.port}`;
    return `${base}/${basePath === '' ? '' : `${basePath}/`}`;
  });
  if (api.disableExecuteApiEndpoint) return list;
  if (data.executeApiHosts) {
    // Names below localhost are this machine everywhere; for another address the user has names of their own.
    const suffix = LOCAL.includes(data.host) ? 'localhost' : '*';
    list.push(`http://${api.id}.execute-api.${suffix}:${data.port}/${api.stage}/`);
  }
  if (data.executeApiPaths) {
    list.push(`${url(data.host, data.port)}/_aws/execute-api/${api.id}/${api.stage}/`);
  }
  return list;
}
