// Static protobuf code from propylon/v1/*.proto, with no run-time reflection. Only src/proto/codec.ts imports the
// result. It goes to dist/ and dist-bench/ as well, because tsc does not copy plain JavaScript.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const protoRoot = join(root, 'proto');
const source = join(protoRoot, 'propylon/v1');
const target = join(root, 'src/proto/generated');
const pbjs = createRequire(import.meta.url).resolve('protobufjs-cli/bin/pbjs');

mkdirSync(target, { recursive: true });
execFileSync(
  process.execPath,
  [
    pbjs,
    ...['--target', 'static-module', '--wrap', 'esm', '--force-number'],
    ...['--no-comments', '--no-service', '--no-verify', '--no-delimited', '--no-typeurl'],
    ...['--path', protoRoot],
    ...['--out', join(target, 'propylon.js')],
    ...readdirSync(source).map((file) => join(source, file)),
  ],
  { stdio: 'inherit' },
);
for (const output of ['dist', 'dist-bench/src']) {
  cpSync(target, join(root, output, 'proto/generated'), { recursive: true });
}
