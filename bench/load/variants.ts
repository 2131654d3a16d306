/** What stands between the client and the backend: one process each, the same job for all. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.js';
import { packageVersion, toolVersion } from '../report.js';
import { Child } from './processes.js';
import { BODY } from './scenarios.js';

/** Client connections of the largest run, and idle ones to spare. */
const UPSTREAM_CONNECTIONS = 256;

export interface Variant {
  readonly name: string;
  /** Peers written in JavaScript: what Propylon's users would run otherwise. */
  readonly isNodePeer: boolean;
  /** Undefined: not installed. */
  readonly version: string | undefined;
  /** Null: nothing in between. */
  readonly start: ((ports: Ports, folder: string) => Child) | null;
}

export interface Ports {
  /** Where clients connect. */
  port: number;
  /** Where the backend listens. */
  upstream: number;
  /** One more, for those who need it. */
  spare: number;
}

const NGINX_VERSION = toolVersion('nginx', '-v', /nginx\/(\S+)/);

export const VARIANTS: readonly Variant[] = [
  { name: 'direct', isNodePeer: false, version: '', start: null },
  {
    name: 'nginx',
    isNodePeer: false,
    version: NGINX_VERSION,
    start: ({ port, upstream }, folder) =>
      nginx(
        'nginx',
        folder,
        `upstream backend {
    server 127.0.0.1:${upstream};
    keepalive ${UPSTREAM_CONNECTIONS};
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`,
      ),
  },
  propylon('propylon', proxyDefinition),
  propylon('propylon-http', templateDefinition),
  nodePeer('http-proxy', 'http-proxy', 'http-proxy.mjs'),
  nodePeer('fastify', '@fastify/http-proxy', 'fastify.mjs'),
];

function propylon(name: string, definition: (upstream: number) => string): Variant {
  return {
    name,
    isNodePeer: false,
    version: 'this checkout',
    start: ({ port, upstream, spare }, folder) => {
      const file = join(folder, 'propylon.yaml');
      writeFileSync(file, definition(upstream));
      return new Child('propylon', process.execPath, [
        ...[join(ROOT, 'dist/cli/main.js'), 'start', file],
        ...['--host', '127.0.0.1', '--port', String(port), '--admin-port', String(spare)],
        ...['--workers', '1', '--access-log', 'off'],
      ]);
    },
  };
}

function nodePeer(name: string, packageName: string, file: string): Variant {
  return {
    name,
    isNodePeer: true,
    version: packageVersion(packageName),
    start: ({ port, upstream }) =>
      new Child(name, process.execPath, [
        ...[join(ROOT, 'bench/load/peers', file), String(port), String(upstream)],
        String(UPSTREAM_CONNECTIONS),
      ]),
  };
}

/** The backend: nginx where it is installed, since a slow backend would hide what is before it. */
export const BACKEND =
  NGINX_VERSION === undefined ? `node:http ${process.version}` : `nginx ${NGINX_VERSION}`;

export function startBackend(port: number, folder: string): Child {
  if (NGINX_VERSION === undefined) {
    return new Child('backend', process.execPath, [
      join(ROOT, 'bench/load/peers/backend.mjs'),
      String(port),
      BODY,
    ]);
  }
  return nginx(
    'backend',
    folder,
    `server {
    listen 127.0.0.1:${port};
    location / {
      default_type application/json;
      return 200 '${BODY}';
    }
  }`,
  );
}

/** One worker process, everything it writes in `folder`, connections that last as long as their clients want. */
function nginx(name: string, folder: string, servers: string): Child {
  const home = join(folder, name);
  mkdirSync(home);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${home}/${kind};`,
  );
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off;
worker_processes 1;
pid ${home}/nginx.pid;
error_log ${home}/error.log error;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  ${temporary.join('\n  ')}
  ${servers}
}
`,
  );
  return new Child(name, 'nginx', ['-e', join(home, 'error.log'), '-c', join(home, 'nginx.conf')]);
}

/** A proxy resource that passes every method and path on. */
function proxyDefinition(upstream: number): string {
  return `openapi: 3.0.3
info: { title: bench, version: "1" }
paths:
  /{proxy+}:
    x-amazon-apigateway-any-method:
      parameters:
        - { name: proxy, in: path, required: true, schema: { type: string } }
      responses: {}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: http://127.0.0.1:${upstream}/{proxy}
        requestParameters:
          integration.request.path.proxy: method.request.path.proxy
`;
}

/** The same paths with what the proxy leaves out: a rendered body goes to the backend, the answer is rendered from its own. */
function templateDefinition(upstream: number): string {
  return `openapi: 3.0.3
info: { title: bench, version: "1" }
paths:
  /items/{id}:
    get:
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses: { "200": { description: ok } }
      x-amazon-apigateway-integration:
        type: http
        httpMethod: POST
        uri: http://127.0.0.1:${upstream}/items
        requestTemplates:
          application/json: |
            #set($id = $input.params('id'))
            {"item": "$util.escapeJavaScript($id)", "stage": "$context.stage", "request": "$context.requestId"}
        responses:
          default:
            statusCode: "200"
            responseTemplates:
              application/json: |
                #set($root = $input.path('$'))
                {"message":$input.json('$.message'),"ok":$root.ok}
`;
}
