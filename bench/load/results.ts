/** What a run finds out, as it stands in the JSON file. Times in milliseconds, memory in bytes. */
import type { Environment } from '../report.js';

export interface LoadReport extends Environment {
  kind: 'load';
  /** ISO 8601. */
  date: string;
  options: { duration: number; rounds: number; connections: number; full: boolean; generator: string };
  scenarios: ScenarioResult[];
  /** Nanoseconds to match a route among 10 and among 100,000; absent when it was not measured. */
  matching?: { few: number; many: number };
  targets: TargetResult[];
}

export interface ScenarioResult {
  name: string;
  title: string;
  bodyBytes?: number;
  /** Requests per second that the rates of the open loop are shares of. */
  capacity?: number;
  rows: Row[];
  skipped: { name: string; reason: string }[];
}

/** One variant in one scenario. */
export interface Row {
  name: string;
  isNodePeer: boolean;
  rounds: Round[];
  /** One entry per round and rate. */
  open: OpenRound[];
  idle: IdleRound[];
  /** Why the variant's numbers are worth nothing; empty when they are. */
  problem: string;
}

export interface Round {
  requestsPerSecond: number;
  p50: number;
  p99: number;
  /** Microseconds, user and system, of all processes of the variant; null for the direct path. */
  cpuPerRequest: number | null;
  /** Highest resident memory of all processes of the variant together; null for the direct path. */
  peakMemory: number | null;
  requests: number;
}

export interface OpenRound {
  /** Percent of the scenario's capacity. */
  share: number;
  /** Requests per second, asked for and answered. */
  rate: number;
  answered: number;
  failed: number;
  /** It fell behind: its latencies only tell how long it was measured. */
  overloaded: boolean;
  latency: Latency;
  /** Of each kind of request, where there are several. */
  byRequest: { name: string; latency: Latency }[];
}

/** Of the percentiles `OPEN_PERCENTILES`, by `p50` and so on. */
export type Latency = Record<string, number>;

/** What the curves and tables show, from the median to the worst of ten thousand. */
export const OPEN_PERCENTILES = [10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99] as const;
export const SHARES = [25, 50, 80] as const;

export interface IdleRound {
  connections: number;
  before: number;
  after: number;
}

export interface TargetResult {
  what: string;
  /** As `at least 0.85`. */
  target: string;
  stretch: string;
  /** Undefined: what it needs was not part of this run. */
  measured?: number;
  unit: string;
  met?: 'stretch' | 'target' | 'missed';
}
