/**
 * What is counted for each target, in memory a worker shares with whoever renders metrics. Each worker has a buffer of
 * its own, so counting is a plain array write: see telemetry/counters.ts for why that is safe.
 */
import type { BalancedUpstreamSettings, TargetSettings } from './settings.js';

/** Attempts, shadow copies included. */
export const REQUESTS = 0;
/** Attempts that failed as outlier detection sees it. */
export const FAILURES = 1;
export const EJECTIONS = 2;
/** Attempts under way. */
export const ACTIVE = 3;
/** 1 while the target is left out. */
export const UNAVAILABLE = 4;
/** Values of one target: 64 bytes, a cache line. */
export const TARGET_VALUES = 8;

export type NamedUpstreams = Readonly<Record<string, BalancedUpstreamSettings>>;

export interface TargetTotals {
  readonly upstream: string;
  /** As it is written in the settings. */
  readonly address: string;
  readonly requests: number;
  readonly failures: number;
  readonly ejections: number;
  readonly active: number;
  /** Workers that leave the target out. */
  readonly unavailable: number;
}

/** Adds up the buffers of all workers. */
export function readTargetCounts(
  upstreams: NamedUpstreams,
  buffers: readonly SharedArrayBuffer[],
): TargetTotals[] {
  const views = buffers.map((buffer) => new Float64Array(buffer));
  const places = Object.entries(upstreams).flatMap(([upstream, { targets }]) =>
    targets.map((target) => ({ upstream, address: addressOf(target) })),
  );
  return places.map((place, i) => {
    const sum = (value: number): number =>
      views.reduce((total, view) => total + (view[i * TARGET_VALUES + value] ?? 0), 0);
    return {
      ...place,
      requests: sum(REQUESTS),
      failures: sum(FAILURES),
      ejections: sum(EJECTIONS),
      active: sum(ACTIVE),
      unavailable: sum(UNAVAILABLE),
    };
  });
}

function addressOf({ host, port }: TargetSettings): string {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? bracketed : `${bracketed}:${port}`;
}

/** A zeroed buffer with room for every target, in the order of the settings. */
export function allocateTargetCounts(upstreams: NamedUpstreams): SharedArrayBuffer {
  const targets = Object.values(upstreams).reduce((sum, { targets }) => sum + targets.length, 0);
  return new SharedArrayBuffer(targets * TARGET_VALUES * Float64Array.BYTES_PER_ELEMENT);
}

/**
 * The values of each target of each upstream. A worker that takes the buffer of one that died over starts without
 * requests under way and with all targets in service.
 */
export function openTargetCounts(
  upstreams: NamedUpstreams,
  buffer: SharedArrayBuffer,
): Map<string, Float64Array[]> {
  let at = 0;
  const next = (): Float64Array => {
    const counts = new Float64Array(buffer, at, TARGET_VALUES);
    at += counts.byteLength;
    counts[ACTIVE] = 0;
    counts[UNAVAILABLE] = 0;
    return counts;
  };
  return new Map(Object.entries(upstreams).map(([name, { targets }]) => [name, targets.map(next)]));
}
