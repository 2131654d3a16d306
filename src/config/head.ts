/**
 * Heads: what identifies a revision and vouches for its content. A node believes a head when it is whole and, with a
 * configuration key, when its HMAC is right; it believes items when their digest is the head's.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { headCodec } from '../proto/codec.js';
import type { Head } from '../proto/messages.js';
import { contentDigest, type Items } from './items.js';

/** One revision's place: equal positions can still differ in content when a store went back in time. */
export interface Position {
  epoch: string;
  revision: number;
}

/** A head as it is stored, with what proves it. */
export interface SealedHead {
  /** An encoded `propylon.v1.Head`. */
  head: Uint8Array;
  /** Empty without a configuration key. */
  mac: Uint8Array;
}

/** A head or items that may not be believed. One sentence. */
export class UntrustedError extends Error {
  override readonly name = 'UntrustedError';
}

/** Under another key the same bytes prove nothing: the purpose is part of what is signed. */
const PURPOSE = 'propylon.v1.Head\0';
const NO_MAC = new Uint8Array(0);
const DIGEST_BYTES = 32;
const MAX_HEAD_BYTES = 16_384;
/** The last millisecond that is a date. */
const MAX_TIME = 8_640_000_000_000_000;
const EPOCH = /^[0-9a-f]{16,64}$/;

export function seal(head: Head, key: Uint8Array | undefined): SealedHead {
  const bytes = headCodec.encode(head);
  return { head: bytes, mac: key === undefined ? NO_MAC : macOf(bytes, key) };
}

/** @throws UntrustedError when the head is damaged, or with a key not authentic */
export function open({ head, mac }: SealedHead, key: Uint8Array | undefined): Head {
  if (key !== undefined && !(mac.length > 0 && equalBytes(mac, macOf(head, key)))) {
    throw new UntrustedError(
      mac.length === 0
        ? 'a revision is not signed, and --config-key asks for signed ones'
        : 'a revision is not signed with the key of --config-key',
    );
  }
  if (head.length > MAX_HEAD_BYTES) throw new UntrustedError(`a head of ${head.length} bytes is no head`);
  let read: Head;
  try {
    read = headCodec.decode(head);
  } catch (error) {
    throw new UntrustedError(`a head is damaged: ${(error as Error).message}`);
  }
  const { epoch, revision, digest, at } = read;
  if (!EPOCH.test(epoch) || !(revision > 0) || digest.length !== DIGEST_BYTES || !(at <= MAX_TIME)) {
    throw new UntrustedError('a head is damaged: epoch, revision, digest or time is missing or wrong');
  }
  return read;
}

/** @throws UntrustedError when the items are not those the head was made for */
export function checkContent(head: Head, items: Items): void {
  for (const key of items.keys()) {
    // It parts keys from hashes in the digest: with one in a key, two sets of items could have the same digest.
    if (key.includes('\0')) throw new UntrustedError(`an item of revision ${head.revision} has no valid key`);
  }
  if (!equalBytes(contentDigest(items), head.digest)) {
    throw new UntrustedError(
      `the items of revision ${head.revision} are damaged: their digest is not the head's`,
    );
  }
}

/** The same revision with the same content. */
export function sameHead(a: Position & Pick<Head, 'digest'>, b: Position & Pick<Head, 'digest'>): boolean {
  return a.epoch === b.epoch && a.revision === b.revision && equalBytes(a.digest, b.digest);
}

/** The same bytes; null: there is no head. */
export function sameSealed(a: SealedHead | null, b: SealedHead | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a.head, b.head) && equalBytes(a.mac, b.mac);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function macOf(head: Uint8Array, key: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(PURPOSE).update(head).digest();
}
