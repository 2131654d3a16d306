/** Metrics of how a node follows its configuration store; in a cluster, the way from a commit to what is served. */

export interface ConfigMetrics {
  /** Announcements are heard, and the store could be read when it was last tried. */
  connected: boolean;
  /** The newest revision is one that cannot be served. */
  refusing: boolean;
  applied: number;
  refused: number;
  untrusted: number;
  rewinds: number;
  restores: number;
  /** By reason. */
  resyncs: Readonly<Record<string, number>>;
  lag: ConfigLag;
}

export interface ConfigLag {
  /** Upper bounds in milliseconds. */
  boundsMs: readonly number[];
  /** One more than bounds, not cumulative. */
  buckets: readonly number[];
  sumMs: number;
}

export type Family = (name: string, kind: 'counter' | 'gauge' | 'histogram', help: string) => void;

/** @param family begins a metric; its samples follow in `lines` */
export function pushConfigMetrics(lines: string[], family: Family, metrics: ConfigMetrics): void {
  const single = (name: string, kind: 'counter' | 'gauge', help: string, value: number): void => {
    family(name, kind, help);
    lines.push(`${name} ${value}`);
  };
  single(
    'propylon_config_store_connected',
    'gauge',
    '1 while the configuration store is followed, 0 while it cannot be reached or is not believed.',
    Number(metrics.connected),
  );
  single(
    'propylon_config_refusing',
    'gauge',
    '1 while the newest revision cannot be served and the one before it is.',
    Number(metrics.refusing),
  );
  single('propylon_config_applied_total', 'counter', 'Revisions that were applied.', metrics.applied);
  single(
    'propylon_config_refused_total',
    'counter',
    'Attempts to apply a revision that could not be served.',
    metrics.refused,
  );
  single(
    'propylon_config_untrusted_total',
    'counter',
    'Messages and readings of the store that were damaged or not authentic, and not believed.',
    metrics.untrusted,
  );
  single(
    'propylon_config_rewinds_total',
    'counter',
    'Times the store went back in time and was followed.',
    metrics.rewinds,
  );
  single(
    'propylon_config_restores_total',
    'counter',
    'Times a configuration was put back into a store that had lost it.',
    metrics.restores,
  );
  family(
    'propylon_config_resyncs_total',
    'counter',
    'Times the node compared itself with the store, by what led to it.',
  );
  for (const [reason, count] of Object.entries(metrics.resyncs)) {
    lines.push(`propylon_config_resyncs_total{reason="${reason}"} ${count}`);
  }
  pushLag(lines, family, metrics.lag);
}

function pushLag(lines: string[], family: Family, { boundsMs, buckets, sumMs }: ConfigLag): void {
  const name = 'propylon_config_apply_lag_seconds';
  family(name, 'histogram', 'Time from the commit of a revision until this node served it.');
  let count = 0;
  buckets.forEach((bucket, i) => {
    count += bucket;
    const bound = boundsMs[i];
    lines.push(`${name}_bucket{le="${bound === undefined ? '+Inf' : bound / 1e3}"} ${count}`);
  });
  lines.push(`${name}_sum ${sumMs / 1e3}`, `${name}_count ${count}`);
}
