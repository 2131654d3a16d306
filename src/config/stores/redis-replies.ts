/** What Redis answered, checked: whoever may write to it can have put anything there. */
import { historyEntryCodec } from '../../proto/codec.js';
import type { HistoryEntry, KeyedItem } from '../../proto/messages.js';
import type { Position, SealedHead } from '../head.js';

/** One phrase about data that no Propylon wrote. */
export class NonsenseError extends Error {
  override readonly name = 'NonsenseError';
}

const DIGITS = /^[0-9]{1,16}$/;
const MAX_EPOCH = 64;

export function listOf(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw new NonsenseError('an answer is no list');
  return reply;
}

export function bytesOf(reply: unknown): Buffer {
  if (!Buffer.isBuffer(reply)) throw new NonsenseError('an answer is no text');
  return reply;
}

export function textOf(reply: unknown): string {
  return bytesOf(reply).toString('utf8');
}

/** Null for two empty texts. */
export function positionOf(epoch: unknown, revision: unknown): Position | null {
  const found = { epoch: textOf(epoch), revision: textOf(revision) };
  if (found.epoch === '' && found.revision === '') return null;
  if (found.epoch === '' || found.epoch.length > MAX_EPOCH) throw new NonsenseError('the epoch is none');
  return { epoch: found.epoch, revision: numberOf(revision, 'the revision') };
}

export function numberOf(reply: unknown, what: string): number {
  const text = textOf(reply);
  const number = Number(text);
  if (!DIGITS.test(text) || !Number.isSafeInteger(number)) throw new NonsenseError(`${what} is no number`);
  return number;
}

/** What is missing is null or empty; there need not be a mac. */
export function headOf(head: unknown, mac: unknown): SealedHead {
  if (head === null || bytesOf(head).length === 0) throw new NonsenseError('a revision has no head');
  return { head: bytesOf(head), mac: bytesOf(mac ?? Buffer.alloc(0)) };
}

/** From {name, content, name, content, ...}. */
export function pairsOf(reply: unknown): [string, Buffer][] {
  const list = listOf(reply);
  const pairs: [string, Buffer][] = [];
  for (let i = 0; i + 1 < list.length; i += 2) pairs.push([textOf(list[i]), bytesOf(list[i + 1])]);
  return pairs;
}

/** Sorted by key. */
export function itemsOf(reply: unknown): KeyedItem[] {
  const items = pairsOf(reply).map(([key, item]) => ({ key, item }));
  return items.sort((a, b) => (a.key < b.key ? -1 : 1));
}

export function entryOf(reply: unknown): HistoryEntry {
  try {
    return historyEntryCodec.decode(bytesOf(reply));
  } catch (error) {
    throw new NonsenseError(`an entry of the history is damaged (${(error as Error).message})`);
  }
}
