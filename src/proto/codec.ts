/** Snapshots as bytes. The only importer of the generated code: everything else sees the plain types of the model. */
import type { Snapshot } from '../model/snapshot.js';
// @ts-expect-error generated without declarations; the model's types are held against the proto by a test
import { propylon } from './generated/propylon.js';

interface Codec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: object): unknown;
}

const SnapshotCodec = propylon.v1.Snapshot as Codec;

/** Absent optional members stay absent; everything else has its zero value, so the model's types hold. */
const PLAIN = { longs: Number, defaults: true, arrays: true, objects: true };

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  return SnapshotCodec.encode(snapshot).finish();
}

/** @throws Error when the bytes are not a snapshot */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  return SnapshotCodec.toObject(SnapshotCodec.decode(bytes), PLAIN) as Snapshot;
}
