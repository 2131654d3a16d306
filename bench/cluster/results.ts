/** What a run of the cluster bench finds out, as it stands in the JSON file. Times in milliseconds. */
import type { Latency, TargetResult } from '../load/results.js';
import type { Environment } from '../report.js';

export interface ClusterOptions {
  nodes: number;
  apis: number;
  /** Of all APIs together. */
  routes: number;
  pushes: number;
  /** Milliseconds from one push to the next. */
  every: number;
  /** Requests per second, of all nodes together. */
  rate: number;
}

export interface ClusterReport extends Environment {
  kind: 'cluster';
  /** ISO 8601. */
  date: string;
  options: ClusterOptions & { rounds: number; connections: number };
  pushes: PushResult[];
  load: LoadPhase[];
  /** Of all rounds together. */
  latency: Record<LoadPhase['during'], Latency>;
  burst: BurstResult;
  targets: TargetResult[];
}

/** One push, from the store's time at its commit on. */
export interface PushResult {
  revision: number;
  /** Until each node had applied it, as the node itself reports; absent for one that skipped it. */
  reported: number[];
  /** Until a client of each node got its answer. */
  seen: number[];
}

export interface LoadPhase {
  round: number;
  during: 'quiet' | 'pushes';
  requests: number;
  failed: number;
  /** Reasons, with how often. */
  failures: Record<string, number>;
  latency: Latency;
  /** Of each node, as a share of one core. */
  cpu: number[];
}

export interface BurstResult {
  apis: number;
  routes: number;
  commits: number;
  seconds: number;
  /** Of each node, as shares of one core: without pushes, and during the burst. */
  idleCpu: number[];
  cpu: number[];
  /** Applies of each node in that time. */
  applies: number[];
  /** From the last commit until every node reported its revision as applied; it is asked every 20 ms. */
  convergedMs: number;
}
