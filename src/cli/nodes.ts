/** The nodes of a cluster: what they report, and waiting until they serve a revision. */
import type { Position } from '../config/head.js';
import { type ConfigStore, StoreUnavailableError } from '../config/store.js';
import { nodeStatusCodec } from '../proto/codec.js';
import type { NodeStatus } from '../proto/messages.js';
import { complain, count } from './output.js';
import type { Progress } from './progress.js';

export type NodeState = 'current' | 'refused' | 'behind' | 'draining';

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

/** How a node stands towards a revision; one that serves a later one is as good. */
export function nodeState(status: NodeStatus, { epoch, revision }: Position): NodeState {
  if (status.draining) return 'draining';
  if (status.epoch === epoch && status.appliedRevision >= revision) return 'current';
  return status.refused !== undefined && status.refused.revision >= revision ? 'refused' : 'behind';
}

/** Who serves a revision; nodes that stop are not counted. */
export interface Rollout {
  applied: NodeStatus[];
  refused: NodeStatus[];
  behind: NodeStatus[];
}

/** How often nodes are asked after: well under what somebody notices. */
const POLL_MS = 50;

/** Resolves when every live node has applied the revision or refused it, or when the time is over. @throws StoreUnavailableError */
export async function waitForNodes(
  store: ConfigStore,
  position: Position,
  timeoutMs: number,
  progress: Progress,
): Promise<Rollout> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const late = performance.now() >= deadline;
    try {
      const rollout = rolloutOf(await readNodes(store), position);
      const { applied, refused, behind } = rollout;
      if (behind.length === 0 || late) return rollout;
      const all = applied.length + refused.length + behind.length;
      progress.show(`waiting for nodes: ${applied.length} of ${all} serve revision ${position.revision}`);
    } catch (error) {
      // What was published stays published: a store that is away for a moment is asked again.
      if (!(error instanceof StoreUnavailableError) || late) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function rolloutOf(nodes: readonly NodeStatus[], position: Position): Rollout {
  const having = (state: NodeState): NodeStatus[] =>
    nodes.filter((status) => nodeState(status, position) === state);
  return { applied: having('current'), refused: having('refused'), behind: having('behind') };
}

/** `applied by 3 nodes` */
export function rolloutText({ applied, refused, behind }: Rollout): string {
  if (applied.length + refused.length + behind.length === 0) return 'no node is running';
  return `applied by ${count(applied.length, 'node')}`;
}

/** Says which nodes do not serve the revision, and why. @returns the exit code */
export function complainOfNodes(
  { refused, behind }: Rollout,
  { epoch, revision }: Position,
  waited: string,
): number {
  for (const status of refused) {
    complain(`node ${status.nodeId} refuses revision ${revision}: ${refusalText(status)}`);
  }
  for (const status of behind) {
    const late = `node ${status.nodeId} has not applied revision ${revision} within ${waited}`;
    complain(`${late}: it serves ${servedText(status, epoch)}`);
  }
  return refused.length + behind.length === 0 ? 0 : 1;
}

/** `stage/orders/prod: the template ...` */
export function refusalText({ refused }: NodeStatus): string {
  if (refused === undefined) return '';
  return refused.item === undefined ? refused.reason : `${refused.item}: ${refused.reason}`;
}

function servedText({ epoch: served, appliedRevision }: NodeStatus, epoch: string): string {
  if (appliedRevision === 0) return 'nothing from the store yet';
  return `revision ${appliedRevision}${served === epoch ? '' : ' of another epoch'}`;
}
