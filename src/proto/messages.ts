/**
 * The messages of `proto/propylon/v1/*.proto` as plain types, field by field (a test holds the two against each other);
 * the proto says what each field means. Configuration items have their types in src/model.
 */

export interface SealedSnapshot {
  /** An encoded `Head`. */
  head: Uint8Array;
  mac: Uint8Array;
  items: KeyedItem[];
}

export interface Head {
  epoch: string;
  revision: number;
  previousRevision: number;
  previousDigest: Uint8Array;
  digest: Uint8Array;
  at: number;
  by: string;
  message: string;
}

export interface KeyedItem {
  key: string;
  /** An encoded `Item`. */
  item: Uint8Array;
}

export interface ConfigEvent {
  revision: number;
  previousRevision: number;
  head: Uint8Array;
  mac: Uint8Array;
  upserts: KeyedItem[];
  deletes: string[];
  tooLarge: boolean;
}

export interface HistoryEntry {
  head: Uint8Array;
  mac: Uint8Array;
  upserts: KeyedItem[];
  deletes: string[];
  before: KeyedItem[];
}

export interface NodeStatus {
  nodeId: string;
  version: string;
  epoch: string;
  appliedRevision: number;
  appliedAt: number;
  lagMs?: number;
  startedAt: number;
  refused?: Refusal;
  load: NodeLoad;
  address: string;
  recent: AppliedRevision[];
  unknownItems: string[];
  localApis: string[];
  draining: boolean;
  trouble?: string;
  appliedDigest: Uint8Array;
}

export interface Refusal {
  revision: number;
  reason: string;
  item?: string;
}

export interface NodeLoad {
  requestsInFlight: number;
  requests: number;
  residentMemory: number;
  cpu: number;
}

export interface AppliedRevision {
  revision: number;
  lagMs: number;
}

export type JournalRecord =
  | { kind: 'commit'; commit: JournalCommit }
  | { kind: 'restore'; restore: JournalRestore }
  | { kind: 'checkpoint'; checkpoint: JournalCheckpoint };

export interface JournalCommit {
  revision?: JournalRevision;
  documents: JournalDocument[];
}

export interface JournalRevision {
  epoch: string;
  revision: number;
  entry: HistoryEntry;
}

export interface JournalDocument {
  aggregate: string;
  version: number;
  puts: JournalPart[];
  deletes: string[];
  drop: boolean;
}

export interface JournalPart {
  name: string;
  content: Uint8Array;
}

export interface JournalRestore {
  epoch: string;
  revision: number;
  snapshot: SealedSnapshot;
}

export interface JournalCheckpoint {
  newest?: JournalRestore;
  restored: boolean;
  reachesBackTo: number;
  history: HistoryEntry[];
  documents: JournalDocument[];
}
