/** The response head of HTTP_PROXY: the backend's headers, some renamed, few dropped (reference 02 section 3). */
import { type Coding, contentCoding } from '../../content-encoding/codings.js';
import { type HeaderBlock, headerValues } from '../../http/header-block.js';
import { REMAPPED_PREFIX, responseHeaderRule } from '../response-headers.js';
import { hashName } from './header-names.js';

/** What a name means: bits. */
const REMAP = 1;
const DROP = 2;
const CONTENT_TYPE = 4;
const CONNECTION = 8;
const CONTENT_ENCODING = 16;

const SLOTS = 1024;
const MASK = SLOTS - 1;
/** A hostile backend can invent names; past these the meaning is worked out anew each time. */
const LEARNED_NAMES = 256;

/**
 * Meanings by name as backends spell it. They are learned, not listed: which names have a rule is known in one place,
 * and one backend spells its headers in one way.
 */
const learnedNames: (string | null)[] = new Array(SLOTS).fill(null);
const learnedMeanings = new Uint8Array(SLOTS);
let learned = 0;

function meaningOf(block: HeaderBlock, at: number, length: number): number {
  let slot = hashName(block, at, length) & MASK;
  for (;;) {
    const name = learnedNames[slot] as string | null;
    if (name === null) return learn(block.slice(at, at + length), slot);
    if (name.length === length && block.startsWith(name, at)) return learnedMeanings[slot] as number;
    slot = (slot + 1) & MASK;
  }
}

function learn(slice: string, slot: number): number {
  const lowerName = slice.toLowerCase();
  const rule = responseHeaderRule('http-proxy', lowerName);
  let meaning = rule === 'remap' ? REMAP : rule === 'drop' ? DROP : 0;
  if (lowerName === 'content-type') meaning |= CONTENT_TYPE;
  if (lowerName === 'connection') meaning |= CONNECTION;
  if (lowerName === 'content-encoding') meaning |= CONTENT_ENCODING;
  if (learned < LEARNED_NAMES) {
    learned++;
    // A copy: the slice would keep its whole block alive for as long as the table.
    learnedNames[slot] = Buffer.from(slice, 'latin1').toString('latin1');
    learnedMeanings[slot] = meaning;
  }
  return meaning;
}

/** What the head says beside the headers that pass. */
export interface HeadFacts {
  /** The coding the body has and its header no longer says. */
  coding: Coding | null;
}

/**
 * Blocks and what passes of them, one for each of some lengths. An upstream's connections hand out the same string for
 * heads that repeat, so that finding it here compares two pointers; a block of another content is another block.
 */
const REMEMBERED = 32;
/** Longer blocks are not worth the memory. */
const MAX_REMEMBERED_LENGTH = 1_024;
const rememberedBlocks: HeaderBlock[] = new Array(REMEMBERED).fill('');
const rememberedPassed: HeaderBlock[] = new Array(REMEMBERED).fill('');

/**
 * What passes to the client; `Content-Type: application/json` when the backend sent none. `Content-Encoding` does not,
 * unless the body's coding cannot be taken off here.
 */
export function passedHeaders(block: HeaderBlock, status: number, facts: HeadFacts): HeaderBlock {
  const place = block.length & (REMEMBERED - 1);
  if (block !== '' && rememberedBlocks[place] === block) return rememberedPassed[place] as HeaderBlock;
  const passed = newlyPassed(block, status, facts);
  // With a content coding it depends on the status, too.
  if (block.length <= MAX_REMEMBERED_LENGTH && !hasCoding) {
    rememberedBlocks[place] = block;
    rememberedPassed[place] = passed;
  }
  return passed;
}

/** Whether the block that `newlyPassed` saw last has a Content-Encoding. */
let hasCoding = false;

function newlyPassed(block: HeaderBlock, status: number, facts: HeadFacts): HeaderBlock {
  hasCoding = false;
  let passed = '';
  let runStart = 0;
  let at = 0;
  let hasContentType = false;
  let named: ReadonlySet<string> | null = null;
  while (at < block.length) {
    const colon = block.indexOf(':', at);
    const end = block.indexOf('\n', colon) + 1;
    if (colon <= at || end === 0) break;
    const meaning = meaningOf(block, at, colon - at);
    if (meaning !== 0) {
      if ((meaning & CONTENT_TYPE) !== 0) hasContentType = true;
      if ((meaning & CONNECTION) !== 0 && !isPlainOption(block, colon)) named ??= namedByConnection(block);
      if ((meaning & CONTENT_ENCODING) !== 0) {
        hasCoding = true;
        if (keepsCoding(block, status, facts)) {
          at = end;
          continue;
        }
      }
      if ((meaning & (REMAP | DROP)) !== 0) {
        passed += block.slice(runStart, at);
        if ((meaning & REMAP) !== 0) {
          passed += REMAPPED_PREFIX;
          runStart = at;
        } else runStart = end;
      }
    }
    at = end;
  }
  passed += block.slice(runStart, at);
  if (named !== null && named.size > 0) {
    passed = withoutNamed(passed, named);
    hasContentType &&= !named.has('content-type');
  }
  return hasContentType ? passed : `${passed}Content-Type: application/json\r\n`;
}

/** True when the body stays as it is, so that its header has to stay, too: else nobody could read it. */
function keepsCoding(block: HeaderBlock, status: number, facts: HeadFacts): boolean {
  const coding = contentCoding(block);
  if (coding === null) return false;
  // A part of an encoded body (206) cannot be decoded by itself.
  if (coding === undefined || status === 206) return true;
  facts.coding = coding;
  return false;
}

const REMAPPED_LENGTH: ReadonlySet<string> = new Set([`${REMAPPED_PREFIX.toLowerCase()}content-length`]);

/** Passed headers of a body that was decoded: the length it had is no one's any more. */
export function withoutEncodedLength(passed: HeaderBlock): HeaderBlock {
  return withoutNamed(passed, REMAPPED_LENGTH);
}

/** The two values nearly every `Connection` has; they name no header. */
function isPlainOption(block: HeaderBlock, colon: number): boolean {
  return block.startsWith(' keep-alive\r\n', colon + 1) || block.startsWith(' close\r\n', colon + 1);
}

const CONNECTION_WORDS: ReadonlySet<string> = new Set(['close', 'keep-alive', 'upgrade', '']);

/** Headers that the backend's `Connection` names are for this hop only (RFC 9110 section 7.6.1). */
function namedByConnection(block: HeaderBlock): ReadonlySet<string> {
  const options = headerValues(block, 'connection').join(',').toLowerCase().split(',');
  return new Set(options.map((option) => option.trim()).filter((option) => !CONNECTION_WORDS.has(option)));
}

function withoutNamed(block: HeaderBlock, names: ReadonlySet<string>): HeaderBlock {
  return block
    .split('\r\n')
    .filter((line) => !names.has(line.slice(0, line.indexOf(':')).toLowerCase()))
    .join('\r\n');
}
