/** What a commit builds on: the newest revision, unless the store has lost it for a moment or it may not be built on. */
import { nodeStatusCodec } from '../proto/codec.js';
import type { NodeStatus, SealedSnapshot } from '../proto/messages.js';
import { openSnapshot, type Revision } from './commit.js';
import { UntrustedError } from './head.js';
import type { ConfigStore } from './store.js';

/** Nothing may be built on what the store holds, or holds no more. One sentence that says what to do. */
export class BaseError extends Error {
  override readonly name = 'BaseError';
}

/** A heartbeat and a little more: then every node that is alive has told again what it serves. */
const HEARTBEAT_MS = 2_500;
/** Nodes look at the store at least every 12 seconds, and put back what it has lost. */
const PUT_BACK_MS = 15_000;
const ASK_MS = 100;

type BaseStore = Pick<ConfigStore, 'external' | 'read' | 'nodes'>;

/**
 * The revision a change is to build on. A store that is empty may have lost what nodes still serve: they put it back,
 * and a commit before they do would take everything else away. The price is 2.5 seconds for the first commit of all.
 * Null: the store is empty, and no node serves anything of it.
 * @param waiting called when it takes longer
 * @throws BaseError when nobody puts back what nodes serve, or what is signed would be followed by what is not
 * @throws UntrustedError, StoreUnavailableError
 */
export async function settledBase(
  store: BaseStore,
  key: Uint8Array | undefined,
  waiting: () => void = () => {},
): Promise<Revision | null> {
  const began = performance.now();
  let quietMs: number | undefined;
  for (;;) {
    const base = await readBase(store, key);
    if (base !== null || !store.external) return base;
    const nodes = await liveNodes(store);
    const serving = nodes.find(({ appliedRevision }) => appliedRevision > 0);
    const waited = performance.now() - began;
    // A store that knows its nodes has not been emptied just now.
    quietMs ??= nodes.length === 0 ? HEARTBEAT_MS : 0;
    if (serving === undefined && waited >= quietMs) return null;
    if (serving !== undefined && waited >= PUT_BACK_MS) {
      throw new BaseError(
        `the store is empty, and node ${serving.nodeId} serves revision ${serving.appliedRevision} without having put it back: ` +
          'the log of the node says why; "propylon push --force" with all definitions begins anew',
      );
    }
    waiting();
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

/**
 * The newest revision, for a change of it. Null: the store is empty.
 * @throws BaseError when it is signed and there is no key
 * @throws UntrustedError, StoreUnavailableError
 */
export async function readBase(
  store: Pick<ConfigStore, 'read'>,
  key: Uint8Array | undefined,
): Promise<Revision | null> {
  const snapshot = await store.read();
  if (snapshot === null) return null;
  const revision = openSnapshot(snapshot, key);
  refuseUnsigned(snapshot, key, revision.head.revision);
  return revision;
}

function refuseUnsigned({ mac }: SealedSnapshot, key: Uint8Array | undefined, revision: number): void {
  if (key !== undefined || mac.length === 0) return;
  throw new BaseError(
    `revision ${revision} is signed, and nodes with the key would not believe one that is not: give --config-key`,
  );
}

/** Statuses that cannot be read are passed over, and so are nodes that stop. */
async function liveNodes(store: BaseStore): Promise<NodeStatus[]> {
  const nodes = (await store.nodes()).flatMap((bytes) => {
    try {
      return [nodeStatusCodec.decode(bytes)];
    } catch {
      return [];
    }
  });
  return nodes.filter(({ draining }) => !draining);
}

/**
 * What is to be replaced as a whole because it cannot be believed. Null: the store is empty.
 * @throws BaseError when there is nothing wrong with it, or it is signed and there is no key
 * @throws StoreUnavailableError
 */
export async function damagedBase(
  store: Pick<ConfigStore, 'read' | 'position'>,
  key: Uint8Array | undefined,
): Promise<{ snapshot: SealedSnapshot; revision: number; epoch: string } | null> {
  const [position, snapshot] = [await store.position(), await store.read()];
  if (position === null || snapshot === null) return null;
  refuseUnsigned(snapshot, key, position.revision);
  try {
    openSnapshot(snapshot, key);
  } catch (error) {
    if (error instanceof UntrustedError) return { snapshot, ...position };
    throw error;
  }
  throw new BaseError(
    `there is nothing wrong with revision ${position.revision} of the store: take --force away, so that nothing else is removed`,
  );
}
