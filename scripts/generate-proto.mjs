// Static protobuf code from proto/, with no run-time reflection. Only src/proto/codec.ts imports the result.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';

const folder = 'proto/propylon/v1';
mkdirSync('src/proto/generated', { recursive: true });
execFileSync(
  process.execPath,
  [
    'node_modules/protobufjs-cli/bin/pbjs',
    ...['--target', 'static-module', '--wrap', 'esm', '--force-number'],
    ...['--no-comments', '--no-service', '--no-verify', '--no-delimited', '--no-typeurl'],
    ...['--out', 'src/proto/generated/propylon.js'],
    ...readdirSync(folder).map((file) => `${folder}/${file}`),
  ],
  { stdio: 'inherit' },
);
