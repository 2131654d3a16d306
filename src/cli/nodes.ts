/** The nodes of a cluster: what they report, and waiting until they serve a revision. */
import { equalBytes, open, type Position, UntrustedError } from '../config/head.js';
import { type ConfigStore, StoreUnavailableError } from '../config/store.js';
import { nodeStatusCodec } from '../proto/codec.js';
import type { Head, NodeStatus } from '../proto/messages.js';
import { complain, count } from './output.js';
import type { Progress } from './progress.js';

/** `diverged`: it serves what the store does not have, or has not yet got back. */
export type NodeState = 'current' | 'diverged' | 'refused' | 'behind' | 'draining';

/** A revision by its place and its content. */
export type Target = Position & Pick<Head, 'digest'>;

/** Of the live nodes, by id. @throws StoreUnavailableError */
export async function readNodes(store: ConfigStore): Promise<NodeStatus[]> {
  const statuses = (await store.nodes()).flatMap((bytes) => {
    try {
      return [nodeStatusCodec.decode(bytes)];
    } catch {
      complain('the store holds the status of a node that cannot be read: it is passed over');
      return [];
    }
  });
  return statuses.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

/**
 * How a node stands towards a revision; one that serves a later one of the store is as good.
 * @param newest what the store has, read after the status
 */
export function nodeState(status: NodeStatus, wanted: Target, newest: Target = wanted): NodeState {
  const { epoch, appliedRevision, refused } = status;
  if (status.draining) return 'draining';
  if (epoch === wanted.epoch && appliedRevision >= wanted.revision) {
    const last = newest.epoch === epoch && newest.revision >= wanted.revision ? newest : wanted;
    const known = [wanted, last].every((target) => !contradicts(status, target));
    return appliedRevision <= last.revision && known ? 'current' : 'diverged';
  }
  return refused !== undefined && refused.revision >= wanted.revision ? 'refused' : 'behind';
}

/** The same number with another content. A node of an older version does not tell its content. */
function contradicts({ appliedRevision, appliedDigest }: NodeStatus, { revision, digest }: Target): boolean {
  return appliedRevision === revision && appliedDigest.length > 0 && !equalBytes(appliedDigest, digest);
}

/** Who serves a revision; nodes that stop are not counted. */
export interface Rollout {
  applied: NodeStatus[];
  refused: NodeStatus[];
  diverged: NodeStatus[];
  behind: NodeStatus[];
}

/** How often nodes are asked after: well under what somebody notices. */
const POLL_MS = 50;

/** Resolves when every live node has applied the revision or refused it, or when the time is over. @throws StoreUnavailableError */
export async function waitForNodes(
  store: ConfigStore,
  wanted: Target,
  key: Uint8Array | undefined,
  timeoutMs: number,
  progress: Progress,
): Promise<Rollout> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const late = performance.now() >= deadline;
    try {
      const nodes = await readNodes(store);
      const rollout = rolloutOf(nodes, wanted, await newestOf(store, key, wanted));
      const { applied, refused, diverged, behind } = rollout;
      // A node that diverged finds out by itself.
      if (behind.length + diverged.length === 0 || late) return rollout;
      const all = applied.length + refused.length + diverged.length + behind.length;
      progress.show(`waiting for nodes: ${applied.length} of ${all} serve revision ${wanted.revision}`);
    } catch (error) {
      // What was published stays published: a store that is away for a moment is asked again.
      if (!(error instanceof StoreUnavailableError) || late) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What cannot be believed counts for nothing. @throws StoreUnavailableError */
async function newestOf(store: ConfigStore, key: Uint8Array | undefined, wanted: Target): Promise<Target> {
  const sealed = await store.head();
  try {
    return sealed === null ? wanted : open(sealed, key);
  } catch (error) {
    if (error instanceof UntrustedError) return wanted;
    throw error;
  }
}

function rolloutOf(nodes: readonly NodeStatus[], wanted: Target, newest: Target): Rollout {
  const having = (state: NodeState): NodeStatus[] =>
    nodes.filter((status) => nodeState(status, wanted, newest) === state);
  return {
    applied: having('current'),
    refused: having('refused'),
    diverged: having('diverged'),
    behind: having('behind'),
  };
}

/** `applied by 3 nodes` */
export function rolloutText({ applied, refused, diverged, behind }: Rollout): string {
  if (applied.length + refused.length + diverged.length + behind.length === 0) return 'no node is running';
  return `applied by ${count(applied.length, 'node')}`;
}

/** Says which nodes do not serve the revision, and why. @returns the exit code */
export function complainOfNodes(
  { refused, diverged, behind }: Rollout,
  { epoch, revision }: Position,
  waited: string,
): number {
  for (const status of refused) {
    complain(`node ${status.nodeId} refuses revision ${revision}: ${refusalText(status)}`);
  }
  for (const status of diverged) {
    complain(`node ${status.nodeId} has diverged: ${divergedText(status)}${troubleText(status)}`);
  }
  for (const status of behind) {
    const late = `node ${status.nodeId} has not applied revision ${revision} within ${waited}`;
    complain(`${late}: it serves ${servedText(status, epoch)}${troubleText(status)}`);
  }
  return refused.length + diverged.length + behind.length === 0 ? 0 : 1;
}

/** `stage/orders/prod: the template ...` */
export function refusalText({ refused }: NodeStatus): string {
  if (refused === undefined) return '';
  return refused.item === undefined ? refused.reason : `${refused.item}: ${refused.reason}`;
}

/** `the revision 7 it serves is not the store's` */
export function divergedText({ appliedRevision }: NodeStatus): string {
  return `the revision ${appliedRevision} it serves is not the store's`;
}

function troubleText({ trouble }: NodeStatus): string {
  return trouble === undefined ? '' : `; ${trouble}`;
}

function servedText({ epoch: served, appliedRevision }: NodeStatus, epoch: string): string {
  if (appliedRevision === 0) return 'nothing from the store yet';
  return `revision ${appliedRevision}${served === epoch ? '' : ' of another epoch'}`;
}
