/** nginx, as proxy and as backend. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolVersion } from '../report.js';
import { Child } from './processes.js';

export const NGINX_VERSION = toolVersion('nginx', '-v', /nginx\/(\S+)/);

/** nginx would give root's privileges up, and could then not read files of this run. */
const AS_ROOT = process.getuid?.() === 0;

/**
 * One worker process, everything it writes in `folder`, connections that last as long as their clients want.
 * @param blocks what stands inside `http`
 */
export function nginx(name: string, folder: string, blocks: string): Child {
  const home = join(folder, name);
  mkdirSync(home);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${home}/${kind};`,
  );
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off;
${AS_ROOT ? 'user root;' : ''}
worker_processes 1;
pid ${home}/nginx.pid;
error_log ${home}/error.log error;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  client_max_body_size 16m;
  ${temporary.join('\n  ')}
  ${blocks}
}
`,
  );
  return new Child(name, 'nginx', ['-e', join(home, 'error.log'), '-c', join(home, 'nginx.conf')]);
}
