/** Peers that are no part of this project's own dependencies: each has a package in `peers/`, installed by `--full`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

export interface Peer {
  /** In `bench/peers/`. */
  folder: string;
  packageName: string;
}

const PEERS: readonly Peer[] = [
  { folder: 'fast-gateway', packageName: 'fast-gateway' },
  { folder: 'serverless-offline', packageName: 'serverless-offline' },
];

/** Minutes on a slow line, but not for ever. */
const INSTALL_MS = 600_000;

/** Undefined when it is not installed. */
export function installedPeer({ folder, packageName }: Peer): string | undefined {
  const file = join(ROOT, 'bench/peers', folder, 'node_modules', packageName, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** @param say told what is being installed, and what npm said when it could not be */
export function installPeers(say: (line: string) => void): void {
  for (const peer of PEERS) {
    if (installedPeer(peer) !== undefined) continue;
    say(`installing ${peer.packageName} into bench/peers/${peer.folder}`);
    try {
      execFileSync(
        'npm',
        ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error'],
        { cwd: join(ROOT, 'bench/peers', peer.folder), stdio: 'pipe', timeout: INSTALL_MS, encoding: 'utf8' },
      );
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string };
      const line = (stderr || message).split('\n').find((text) => /error|timed? ?out/i.test(text)) ?? message;
      say(`${peer.packageName} cannot be installed: ${line.trim()}`);
    }
  }
}
