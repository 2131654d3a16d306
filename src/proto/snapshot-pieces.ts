/** A snapshot's encoding without a copy of its items, which can be megabytes. */
import protobuf from 'protobufjs/minimal.js';
import { snapshotCodec } from './codec.js';
import type { SealedSnapshot } from './messages.js';

/** Field numbers of `proto/propylon/v1/snapshot.proto`, with the wire type of a text, bytes or message. */
const SNAPSHOT_ITEMS = (3 << 3) | 2;
const ITEM_KEY = (1 << 3) | 2;
const ITEM_BYTES = (2 << 3) | 2;

/** Written one after the other, what `snapshotCodec.encode` gives; the bytes of items are the snapshot's own. */
export function snapshotPieces({ head, mac, items }: SealedSnapshot): Uint8Array[] {
  const pieces = [snapshotCodec.encode({ head, mac, items: [] })];
  for (const { key, item } of items) {
    const inner = protobuf.Writer.create()
      .uint32(ITEM_KEY)
      .string(key)
      .uint32(ITEM_BYTES)
      .uint32(item.length)
      .finish();
    const outer = protobuf.Writer.create()
      .uint32(SNAPSHOT_ITEMS)
      .uint32(inner.length + item.length);
    pieces.push(outer.finish(), inner, item);
  }
  return pieces;
}
