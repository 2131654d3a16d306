/** `propylon status`: the newest revision, and how every live node stands towards it. */
import { open } from '../config/head.js';
import type { Source } from '../node/environment.js';
import type { Head, NodeStatus } from '../proto/messages.js';
import { printable } from '../telemetry/printable.js';
import { divergedText, type NodeState, nodeState, readNodes, refusalText } from './nodes.js';
import { count, safeJson } from './output.js';
import { shownTime } from './revisions.js';
import { type Cluster, clusterSettings, withCluster } from './store.js';

interface ClusterStatus {
  store: string;
  /** By the store's clock. */
  now: number;
  /** Of the newest revision; null: the store is empty. */
  head: Head | null;
  nodes: NodeStatus[];
}

/** @returns the exit code. @throws CommandError */
export async function status(flags: Source, json: boolean): Promise<number> {
  const settings = await clusterSettings(flags);
  return await withCluster(settings, async (cluster) => {
    const report = await readStatus(cluster);
    cluster.progress.print(json ? asJson(report) : asText(report));
    return 0;
  });
}

async function readStatus({ store, key }: Cluster): Promise<ClusterStatus> {
  const nodes = await readNodes(store);
  const head = await store.head();
  return { store: store.description, now: store.now(), head: head && open(head, key), nodes };
}

/** An empty store asks nothing of a node. */
function stateOf(status: NodeStatus, head: Head | null): NodeState {
  if (head !== null) return nodeState(status, head);
  return status.draining ? 'draining' : 'current';
}

function asJson({ store, head, nodes }: ClusterStatus): string {
  return safeJson({
    store,
    revision: head?.revision ?? 0,
    epoch: head?.epoch ?? null,
    ...(head === null ? {} : { at: isoTime(head.at), by: head.by, message: head.message }),
    nodes: nodes.map((status) => ({
      id: status.nodeId,
      address: status.address,
      version: status.version,
      state: stateOf(status, head),
      appliedRevision: status.appliedRevision,
      appliedAt: isoTime(status.appliedAt),
      epoch: status.epoch,
      lagMs: status.lagMs ?? null,
      refused: status.refused ?? null,
      trouble: status.trouble ?? null,
      startedAt: isoTime(status.startedAt),
      load: status.load,
      unknownItems: status.unknownItems,
      localApis: status.localApis,
    })),
    lag: lagOf(nodes),
  });
}

function isoTime(at: number): string | null {
  return at === 0 ? null : new Date(at).toISOString();
}

function asText({ store, head, nodes, now }: ClusterStatus): string {
  const newest = head && `revision ${head.revision}  ${shownTime(head.at)}  ${head.by}  ${head.message}`;
  const lines = [newest?.trimEnd() ?? 'the store is empty', `store    ${store}`];
  if (nodes.length === 0) lines.push('no node is running');
  else lines.push(...table(nodes, head, now));
  const { samples, p50Ms, p99Ms } = lagOf(nodes);
  if (samples > 0) {
    lines.push(
      `from commit to applied: p50 ${p50Ms} ms, p99 ${p99Ms} ms (${count(samples, 'sample')} of ${count(nodes.length, 'node')})`,
    );
  }
  for (const status of nodes) {
    const state = stateOf(status, head);
    if (state === 'diverged') lines.push(`node ${status.nodeId} has diverged: ${divergedText(status)}`);
    if (status.trouble !== undefined) lines.push(`node ${status.nodeId}: ${status.trouble}`);
    if (status.refused !== undefined && state !== 'current') {
      lines.push(`node ${status.nodeId} refuses revision ${status.refused.revision}: ${refusalText(status)}`);
    }
    if (status.unknownItems.length > 0) {
      lines.push(`node ${status.nodeId} does not know how to serve ${status.unknownItems.join(', ')}`);
    }
    if (status.localApis.length > 0) {
      lines.push(`node ${status.nodeId} serves definitions of its own: ${status.localApis.join(', ')}`);
    }
  }
  return `${lines.map(printable).join('\n')}\n`;
}

function table(nodes: readonly NodeStatus[], head: Head | null, now: number): string[] {
  const rows = [
    ['NODE', 'STATE', 'REVISION', 'LAG', 'UP', 'VERSION', 'ADDRESS'],
    ...nodes.map((status) => [
      status.nodeId,
      stateOf(status, head),
      status.appliedRevision === 0 ? '-' : String(status.appliedRevision),
      status.lagMs === undefined ? '-' : `${status.lagMs} ms`,
      span(now - status.startedAt),
      status.version,
      status.address,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `3d 4h`, `12m 5s`, `8s` */
function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [
    `${Math.floor(seconds / 86_400)}d`,
    `${Math.floor(seconds / 3_600) % 24}h`,
    `${Math.floor(seconds / 60) % 60}m`,
    `${seconds % 60}s`,
  ];
  while (parts.length > 1 && parts[0]?.startsWith('0')) parts.shift();
  return parts.slice(0, 2).join(' ');
}

/** Of what the nodes applied last, all together; null where there is nothing yet. */
function lagOf(nodes: readonly NodeStatus[]): {
  p50Ms: number | null;
  p99Ms: number | null;
  samples: number;
} {
  const lags = nodes.flatMap(({ recent }) => recent.map(({ lagMs }) => lagMs)).sort((a, b) => a - b);
  const quantile = (share: number): number | null => lags[Math.ceil(lags.length * share) - 1] ?? null;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), samples: lags.length };
}
