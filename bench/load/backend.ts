/** What stands behind the variants; it must be faster than all of them, or it would hide what is before it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPILED } from '../paths.js';
import { NGINX_VERSION, nginx } from './nginx.js';
import { Child } from './processes.js';
import type { Backend } from './scenario.js';

/**
 * `file`: answers every GET with the same bytes. `reader`: reads request bodies to their end before it answers, is a
 * Lambda endpoint below `/2015-03-31/`, and takes 250 ms below `/slow/`.
 */
export type BackendKind = 'file' | 'reader';

export const BACKEND = `${NGINX_VERSION === undefined ? '' : `nginx ${NGINX_VERSION}, `}uWebSockets.js`;

/** Below that, nginx holds the body in its configuration. */
const INLINE_BYTES = 4096;

export function startBackend({ kind, body }: Backend, port: number, folder: string): Child {
  if (kind === 'file' && NGINX_VERSION !== undefined) return nginxBackend(body, port, folder);
  const file = join(folder, 'body');
  writeFileSync(file, body);
  return new Child('backend', process.execPath, [
    join(COMPILED, 'load/backends/reader.js'),
    String(port),
    file,
  ]);
}

function nginxBackend(body: Buffer, port: number, folder: string): Child {
  const small = body.length <= INLINE_BYTES;
  if (!small) writeFileSync(join(folder, 'body'), body);
  const answer = small ? `return 200 '${body}';` : `root ${folder}; rewrite ^ /body break;`;
  // Several addresses of this machine, for scenarios with several targets.
  const listen = [1, 2, 3].map((last) => `listen 127.0.0.${last}:${port};`).join(' ');
  return nginx(
    'backend',
    folder,
    `server { ${listen} location / { default_type application/json; ${answer} } }`,
  );
}
