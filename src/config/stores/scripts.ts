/** The Lua scripts of the Redis store, each documented in its file. */
import { COMMIT } from './lua/commit.js';
import { DOCUMENT, DOCUMENTS } from './lua/documents.js';
import { HISTORY, READ_SINCE } from './lua/history.js';
import { CLOCK, LEAVE, NODES, REPORT } from './lua/nodes.js';
import { READ } from './lua/read.js';
import { RESTORE } from './lua/restore.js';
import type { RedisClient } from './redis-clients.js';

const SCRIPTS = {
  propylonCommit: COMMIT,
  propylonRestore: RESTORE,
  propylonRead: READ,
  propylonReadSince: READ_SINCE,
  propylonHistory: HISTORY,
  propylonDocument: DOCUMENT,
  propylonDocuments: DOCUMENTS,
  propylonReport: REPORT,
  propylonLeave: LEAVE,
  propylonNodes: NODES,
  propylonClock: CLOCK,
};

export type ScriptName = keyof typeof SCRIPTS;
export type ScriptArgument = string | number | Uint8Array;

export function defineScripts(client: RedisClient): void {
  for (const [name, lua] of Object.entries(SCRIPTS)) client.defineCommand(name, { lua });
}

type Script = (keyCount: number, args: (string | number | Buffer)[]) => Promise<unknown>;

/** Texts in the answer are buffers. */
export function runScript(
  client: RedisClient,
  name: ScriptName,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  // Methods that defineCommand made, which its types do not tell.
  const scripts = client as unknown as Record<string, Script>;
  const run = scripts[`${name}Buffer`] as Script;
  return run.call(client, keys.length, [...keys, ...args.map(plain)]);
}

function plain(argument: ScriptArgument): string | number | Buffer {
  return argument instanceof Uint8Array
    ? Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength)
    : argument;
}
