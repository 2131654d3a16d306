/** The variants that scenarios choose from. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPILED, ROOT } from '../paths.js';
import { installedPeer, type Peer } from '../peers.js';
import { packageVersion, toolVersion } from '../report.js';
import { proxyDefinition } from './definitions.js';
import { NGINX_VERSION, nginx } from './nginx.js';
import { Child } from './processes.js';
import type { Meanwhile, Place, Variant } from './variant.js';

/** Client connections of the largest run, and idle ones to spare. */
const UPSTREAM_CONNECTIONS = 256;

/** Nothing in between: what backend and load generator can do here. */
export const direct: Variant = {
  name: 'direct',
  isNodePeer: false,
  fullOnly: false,
  version: () => '',
  missing: '',
  start: null,
};

/** @param targets addresses of the backend; those after the third answer nothing */
export function nginxProxy(targets = 1): Variant {
  return {
    name: 'nginx',
    isNodePeer: false,
    fullOnly: false,
    version: () => NGINX_VERSION,
    missing: 'nginx is not installed',
    start: ({ port, upstream, folder, certificate }) =>
      nginx(
        'nginx',
        folder,
        `upstream backend {
    ${addresses(targets, upstream)
      .map((address) => `server ${address};`)
      .join(' ')}
    keepalive ${UPSTREAM_CONNECTIONS};
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port}${certificate === undefined ? '' : ' ssl'};
    ${certificate === undefined ? '' : `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`}
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
    }
  }`,
      ),
  };
}

export function haproxy(targets = 1): Variant {
  return {
    name: 'haproxy',
    isNodePeer: false,
    fullOnly: false,
    version: () => toolVersion('haproxy', '-v', /version (\S+?)(?:-\S*)? /),
    missing: 'HAProxy is not installed',
    start: ({ port, upstream, folder, certificate }) => {
      const file = join(folder, 'haproxy.cfg');
      const servers = addresses(targets, upstream).map(
        (address, i) => `  server s${i} ${address}${targets === 1 ? '' : ' check'}`,
      );
      writeFileSync(
        file,
        `global
  nbthread 1
defaults
  mode http
  option redispatch
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend clients
  bind 127.0.0.1:${port}${certificate === undefined ? '' : ` ssl crt ${certificate.both}`}
  default_backend backend
backend backend
  http-reuse always
${servers.join('\n')}
`,
      );
      return new Child('haproxy', 'haproxy', ['-db', '-f', file]);
    },
  };
}

/** Addresses of this machine: the backend listens on the first three. */
export function addresses(count: number, port: number): string[] {
  return Array.from({ length: count }, (_, i) => `127.0.0.${i + 1}:${port}`);
}

export interface PropylonOptions {
  /** Flags besides ports and workers. */
  flags?: (place: Place) => string[];
  /** A `propylon.yaml` beside the definition. */
  config?: (place: Place) => string;
  meanwhile?: (place: Place) => Meanwhile;
}

/**
 * The command as users start it, with one worker and one acceptor and otherwise its defaults.
 * @param definition null: it has its configuration from elsewhere
 */
export function propylon(
  name = 'propylon',
  definition: ((place: Place) => string) | null = ({ upstream }) => proxyDefinition(`127.0.0.1:${upstream}`),
  { flags = () => [], config, meanwhile }: PropylonOptions = {},
): Variant {
  return {
    name,
    isNodePeer: false,
    fullOnly: false,
    version: () => '',
    missing: '',
    start: (place) => {
      const file = definitionFile(place);
      if (definition !== null) writeFileSync(file, definition(place));
      const configFile = join(place.folder, 'propylon.yaml');
      if (config !== undefined) writeFileSync(configFile, config(place));
      const { certificate, port, spare } = place;
      const ports =
        certificate === undefined
          ? ['--port', String(port)]
          : [
              ...['--port', String(spare[1]), '--tls-port', String(port)],
              ...['--tls-cert', certificate.cert, '--tls-key', certificate.key],
            ];
      return new Child('propylon', process.execPath, [
        ...[join(ROOT, 'dist/cli/main.js'), 'start'],
        ...(config !== undefined ? ['--config', configFile] : definition === null ? [] : [file]),
        ...['--host', '127.0.0.1', ...ports, '--admin-port', String(spare[0])],
        ...['--workers', '1', ...flags(place)],
      ]);
    },
    ...(meanwhile === undefined ? {} : { meanwhile }),
  };
}

export function definitionFile({ folder }: Place): string {
  return join(folder, 'api.yaml');
}

/** What Propylon is measured by beside others' proxies: a program of `yardsticks/`. */
function yardstick(name: string, file: string, rest: (place: Place) => string): Variant {
  return {
    name,
    isNodePeer: false,
    fullOnly: false,
    version: () => '',
    missing: '',
    start: (place) =>
      new Child(name, process.execPath, [
        join(COMPILED, 'load/yardsticks', file),
        ...[String(place.port), rest(place)],
      ]),
  };
}

/** A bare uWebSockets.js answer that crosses to a worker and back through Propylon's mailbox: what a MOCK cannot beat. */
export const bareMailbox = yardstick('bare mailbox', 'bare-mailbox.js', ({ body }) => body.toString());

/** uWebSockets.js, a worker thread and sockets, and nothing done: what a proxy of this shape cannot beat. */
export const bareProxy = yardstick('bare proxy', 'bare-proxy.js', ({ upstream }) => String(upstream));

function nodePeer(name: string, packageName: string, file: string): Variant {
  return {
    name,
    isNodePeer: true,
    fullOnly: false,
    version: () => packageVersion(packageName),
    missing: `${packageName} is not installed`,
    start: ({ port, upstream }) =>
      new Child(name, process.execPath, [
        ...[join(ROOT, 'bench/peers', file), String(port), String(upstream)],
        String(UPSTREAM_CONNECTIONS),
      ]),
  };
}

export const httpProxy = nodePeer('http-proxy', 'http-proxy', 'http-proxy.mjs');
export const fastify = nodePeer('fastify', '@fastify/http-proxy', 'fastify.mjs');

export const fastGateway = onDemand(
  { folder: 'fast-gateway', packageName: 'fast-gateway' },
  ({ port, upstream }, home) =>
    new Child('fast-gateway', process.execPath, [join(home, 'server.mjs'), String(port), String(upstream)]),
);

export const serverlessOffline = onDemand(
  { folder: 'serverless-offline', packageName: 'serverless-offline' },
  ({ port, spare }, home) =>
    new Child(
      'serverless-offline',
      process.execPath,
      [join(home, 'node_modules/serverless/bin/serverless.js'), 'offline', 'start'],
      {
        BENCH_PORT: String(port),
        BENCH_LAMBDA_PORT: String(spare[0]),
        SLS_TELEMETRY_DISABLED: '1',
        SLS_NOTIFICATIONS_MODE: 'off',
        AWS_ACCESS_KEY_ID: 'none',
        AWS_SECRET_ACCESS_KEY: 'none',
      },
      home,
    ),
);

/** A peer with a package of its own, which `--full` installs. */
function onDemand(peer: Peer, start: (place: Place, home: string) => Child): Variant {
  return {
    name: peer.packageName,
    isNodePeer: true,
    fullOnly: true,
    version: () => installedPeer(peer),
    missing: `${peer.packageName} could not be installed (bench/peers/${peer.folder})`,
    start: (place) => start(place, join(ROOT, 'bench/peers', peer.folder)),
  };
}

/** Those that can pass requests on, in the order of the table. */
export const PROXIES: readonly Variant[] = [
  direct,
  nginxProxy(),
  haproxy(),
  propylon(),
  httpProxy,
  fastify,
  fastGateway,
];
