// `npm run demo`: a backend and the gateway in front of it, with curl lines to try. Ends with Ctrl-C.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBackend } from './backend.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const port = process.env.PROPYLON_PORT ?? '8080';
const backend = await startBackend();

const gateway = spawn(
  process.execPath,
  [
    join(here, '../../dist/cli/main.js'),
    'start',
    join(here, 'api.yaml'),
    ...['--port', port],
    ...['--stage-variable', `backend=127.0.0.1:${backend.address().port}`],
    ...['--function', `hello=${join(here, 'hello.mjs')}`],
    ...['--access-log', 'text', '--watch'],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);

gateway.stdout.pipe(process.stdout);
const ready = setInterval(async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
  if (answer?.status !== 200) return;
  clearInterval(ready);
  console.log(`Try, in another terminal:

  curl 'http://localhost:${port}/api/a0/a1/a2?x=1&x=2' -H 'X-Tag: one' -d '{"n": 1}'    # HTTP_PROXY, any method
  curl 'http://localhost:${port}/fn/world?x=1&x=2'                                    # AWS_PROXY, deploy/demo/hello.mjs
  curl 'http://localhost:${port}/health'                                              # MOCK
  npx propylon invoke deploy/demo/api.yaml GET /health --trace                      # the same without a server

Edit deploy/demo/api.yaml or hello.mjs while it runs. Ctrl-C ends it.
`);
}, 100);

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => gateway.kill(signal));
gateway.on('exit', (code) => {
  clearInterval(ready);
  backend.close();
  process.exit(code ?? 1);
});
