/** What the nodes report of how long revisions took to reach them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '../../src/proto/messages.js';
import type { Cluster } from './cluster.js';

const REPORT_MS = 5_000;

export class Lags {
  readonly #nodes = new Map<string, Map<number, number>>();

  note(statuses: readonly NodeStatus[]): void {
    for (const { nodeId, recent } of statuses) {
      const known = this.#nodes.get(nodeId) ?? new Map<number, number>();
      this.#nodes.set(nodeId, known);
      for (const { revision, lagMs } of recent) known.set(revision, lagMs);
    }
  }

  /** Milliseconds of each node that applied the revision. */
  of(revision: number): number[] {
    return [...this.#nodes.values()].flatMap((known) => known.get(revision) ?? []);
  }

  /** Resolves when every node has reported the newest revision. @throws Error when one does not, or refuses it */
  async complete({ pusher, nodes }: Cluster): Promise<void> {
    for (const deadline = performance.now() + REPORT_MS; ; await sleep(20)) {
      const statuses = await pusher.statuses();
      this.note(statuses);
      const refusal = statuses.find(({ refused }) => refused !== undefined)?.refused;
      if (refusal !== undefined) throw new Error(`a node refuses ${refusal.revision}: ${refusal.reason}`);
      const current = statuses.filter(({ appliedRevision }) => appliedRevision === pusher.revision);
      if (current.length === nodes.length) return;
      if (performance.now() > deadline) {
        throw new Error(
          `${current.length} of ${nodes.length} nodes report revision ${pusher.revision} after ${REPORT_MS} ms`,
        );
      }
    }
  }
}
