/** Everything that crosses a wire or a disk as protobuf. The only importer of the generated code: all else sees plain types. */
import type { Canary, Definition, Deployment, Item, Model, Resource, StageItem } from '../model/snapshot.js';
// @ts-expect-error generated without declarations; the types here are held against the proto by a test
import { propylon } from './generated/propylon.js';
import type {
  ConfigEvent,
  Head,
  HistoryEntry,
  JournalRecord,
  NodeStatus,
  SealedSnapshot,
} from './messages.js';

interface Codec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: object): unknown;
}

/** Absent optional members stay absent; everything else has its zero value, so the plain types hold. */
const PLAIN = { longs: Number, defaults: true, arrays: true, objects: true, oneofs: true };

function codec<T>(type: Codec): { encode(message: T): Uint8Array; decode(bytes: Uint8Array): T } {
  return {
    encode: (message) => type.encode(message).finish(),
    decode: (bytes) => type.toObject(type.decode(bytes), PLAIN) as T,
  };
}

const { v1 } = propylon as { v1: Record<string, Codec> };
const itemCodec = codec<Item | { kind?: undefined }>(v1.Item as Codec);
const journalRecordCodec = codec<JournalRecord | { kind?: undefined }>(v1.JournalRecord as Codec);

/** The parts of a stage, for reading it piece by piece (item-steps.ts). */
export const stageCodec = codec<StageItem>(v1.Stage as Codec);
export const canaryCodec = codec<Canary>(v1.Canary as Codec);
export const deploymentCodec = codec<Deployment>(v1.Deployment as Codec);
export const definitionCodec = codec<Definition>(v1.Definition as Codec);
export const resourceCodec = codec<Resource>(v1.Resource as Codec);
export const modelCodec = codec<Model>(v1.Model as Codec);

/** Each `decode` throws when the bytes are no such message. */
export const headCodec = codec<Head>(v1.Head as Codec);
export const snapshotCodec = codec<SealedSnapshot>(v1.Snapshot as Codec);
export const configEventCodec = codec<ConfigEvent>(v1.ConfigEvent as Codec);
export const historyEntryCodec = codec<HistoryEntry>(v1.HistoryEntry as Codec);
export const nodeStatusCodec = codec<NodeStatus>(v1.NodeStatus as Codec);

export function encodeItem(item: Item): Uint8Array {
  return itemCodec.encode(item);
}

/** Undefined for an item of a kind this version does not know. @throws Error when the bytes are no item */
export function decodeItem(bytes: Uint8Array): Item | undefined {
  const item = itemCodec.decode(bytes);
  return item.kind === undefined ? undefined : item;
}

export function encodeJournalRecord(record: JournalRecord): Uint8Array {
  return journalRecordCodec.encode(record);
}

/** Undefined for a record of a kind this version does not know. @throws Error when the bytes are no record */
export function decodeJournalRecord(bytes: Uint8Array): JournalRecord | undefined {
  const record = journalRecordCodec.decode(bytes);
  return record.kind === undefined ? undefined : record;
}
