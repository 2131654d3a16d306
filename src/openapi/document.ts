/** Typed reading of a document: every value that is not what it should be becomes a problem at its place. */
import { Cursor, unescapePointer } from './cursor.js';
import { resolveFunction } from './functions.js';
import { type Location, type Problem, ProblemLog } from './problem.js';
import { type LineStarts, MAX_EXPANSION, type Node, type ScalarNode } from './source-tree.js';
import type { Substitutions } from './substitution.js';

/** How many `$ref`s may lead to one another. */
const MAX_HOPS = 32;

export class SourceDocument {
  readonly root: Cursor;
  readonly problems = new ProblemLog();
  private expansion = 0;

  constructor(
    readonly file: string,
    /** What hints about lines to add are written in. */
    readonly syntax: 'json' | 'yaml',
    readonly substitutions: Substitutions,
    root: Node,
    private readonly lines: LineStarts,
  ) {
    this.root = new Cursor(root, root.start, '');
  }

  place(cursor: Cursor): Location {
    return { file: this.file, ...this.lines.position(cursor.offset), pointer: cursor.pointer };
  }

  report(severity: Problem['severity'], cursor: Cursor, message: string): void {
    this.problems.add(severity, this.place(cursor), message);
  }

  warn(cursor: Cursor, message: string): void {
    this.report('warning', cursor, message);
  }

  error(cursor: Cursor, message: string): void {
    this.report('error', cursor, message);
  }

  /** The text of a scalar as it was written (`200`, `1.0`), or what a CloudFormation function yields. */
  text(cursor: Cursor | undefined, refusal: Problem['severity'] = 'error'): string | undefined {
    if (cursor === undefined || cursor.isNull) return undefined;
    const { node } = cursor;
    if (node.kind === 'scalar') return node.text;
    const result = resolveFunction(node, this.substitutions);
    if (result === undefined) {
      this.warn(cursor, `${quote(cursor.key)} must be a text and is ignored: write it as one.`);
      return undefined;
    }
    if (typeof result === 'string') return result;
    this.report(refusal, cursor, result.message);
    return undefined;
  }

  /** A CloudFormation function, resolved or not. */
  isFunction(cursor: Cursor): boolean {
    return resolveFunction(cursor.node, this.substitutions) !== undefined;
  }

  /** A text, nothing else; `refuse` words the warning for any other value. */
  strictText(cursor: Cursor, refuse: (value: string) => string): string | undefined {
    const { node } = cursor;
    if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
    if (this.isFunction(cursor)) return this.text(cursor);
    this.warn(cursor, refuse(describe(node)));
    return undefined;
  }

  boolean(cursor: Cursor | undefined): boolean | undefined {
    const text = this.text(cursor);
    if (cursor === undefined || text === undefined) return undefined;
    const lower = text.toLowerCase();
    if (lower === 'true' || lower === 'false') return lower === 'true';
    this.warn(cursor, `${quote(cursor.key)} must be true or false and is ignored: write one of them.`);
    return undefined;
  }

  integer(cursor: Cursor | undefined, least: number, most: number): number | undefined {
    const text = this.text(cursor);
    if (cursor === undefined || text === undefined) return undefined;
    const value = Number(text);
    if (/^-?\d{1,15}$/.test(text) && value >= least && value <= most) return value;
    const range = `a whole number from ${least} to ${most}`;
    this.warn(cursor, `${quote(cursor.key)} must be ${range} and is ignored: write such a number.`);
    return undefined;
  }

  /** The cursor itself if it is a map. A CloudFormation function in a map's place is an error. */
  map(cursor: Cursor | undefined): Cursor | undefined {
    return this.collection(cursor, 'map', 'an object');
  }

  list(cursor: Cursor | undefined): Cursor | undefined {
    return this.collection(cursor, 'list', 'a list');
  }

  private collection(cursor: Cursor | undefined, kind: Node['kind'], noun: string): Cursor | undefined {
    if (cursor === undefined || cursor.isNull) return undefined;
    const result = cursor.node.kind === 'map' ? resolveFunction(cursor.node, this.substitutions) : undefined;
    if (result !== undefined) {
      const message =
        typeof result === 'string'
          ? `A CloudFormation function stands where ${noun} is needed: replace it by ${noun}.`
          : result.message;
      this.error(cursor, message);
      return undefined;
    }
    if (cursor.node.kind === kind) return cursor;
    this.warn(cursor, `${quote(cursor.key)} must be ${noun} and is ignored: write ${noun}.`);
    return undefined;
  }

  texts(cursor: Cursor | undefined): string[] {
    const values: string[] = [];
    for (const item of this.list(cursor)?.members() ?? []) {
      const value = this.text(item);
      if (value !== undefined) values.push(value);
    }
    return values;
  }

  /** The map a `$ref` leads to, or the map itself; an error and undefined when it leads nowhere. */
  follow(cursor: Cursor | undefined): Cursor | undefined {
    let at = this.map(cursor);
    for (let hops = 0; at !== undefined; hops++) {
      const ref = at.get('$ref');
      if (ref === undefined) return at;
      const target = this.text(ref);
      if (target === undefined) return undefined;
      if (hops === MAX_HOPS) {
        this.error(ref, `The $ref "${shorten(target)}" leads back to itself: point it at a value.`);
        return undefined;
      }
      const next = this.resolve(target);
      if (typeof next === 'string') {
        this.error(ref, next);
        return undefined;
      }
      if (!this.spend(next, ref)) return undefined;
      at = this.map(next);
    }
    return undefined;
  }

  /**
   * Accounts for reading a part again for another operation; false, with an error at `user`, past the bound. Without it
   * a document of 6 MB, in which ten thousand operations use one large part, takes minutes and gigabytes.
   */
  spend(shared: Cursor, user: Cursor): boolean {
    this.expansion += shared.node.weight;
    if (this.expansion <= MAX_EXPANSION) return true;
    this.error(
      user,
      'Parts used by many operations multiply the document beyond what is read: make them smaller.',
    );
    return false;
  }

  /** What a `$ref` names, or the sentence that says why not. */
  private resolve(target: string): Cursor | string {
    if (!target.startsWith('#')) {
      return `The $ref "${shorten(target)}" leads out of this document: bundle it into one document first.`;
    }
    return (
      this.find(target.slice(1)) ??
      `The $ref "${shorten(target)}" leads nowhere: correct it or add its target.`
    );
  }

  /** The value at a JSON pointer, in the form `$ref`s use it (percent-encoding is undone). */
  find(pointer: string): Cursor | undefined {
    if (pointer === '') return this.root;
    if (!pointer.startsWith('/')) return undefined;
    let at: Cursor | undefined = this.root;
    for (const part of pointer.slice(1).split('/')) {
      at = at.get(unescapePointer(part)) ?? at.get(unescapePointer(decodePercent(part)));
      if (at === undefined) return undefined;
    }
    return at;
  }

  /** The place of a pointer or of its nearest ancestor, through `$ref`s; for findings about the definition. */
  locate(pointer: string): Location {
    let at = this.root;
    for (const part of pointer.split('/').slice(1)) {
      const key = unescapePointer(part);
      // Resources have no slash at their end, paths of documents may.
      const next = at.get(key) ?? at.get(`${key}/`) ?? this.behindReference(at)?.get(key);
      if (next === undefined) break;
      at = next;
    }
    return this.place(at);
  }

  private behindReference(cursor: Cursor): Cursor | undefined {
    let at: Cursor | undefined = cursor;
    for (let hops = 0; hops < MAX_HOPS && at !== undefined; hops++) {
      const target: Node | undefined = at.get('$ref')?.node;
      if (target?.kind !== 'scalar') return at === cursor ? undefined : at;
      at = target.text.startsWith('#') ? this.find(target.text.slice(1)) : undefined;
    }
    return undefined;
  }
}

function decodePercent(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A value in a message: never longer than a line. */
export function shorten(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}

export function quote(text: string): string {
  return `"${shorten(text)}"`;
}

function describe(node: Node): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'an object' : 'a list';
  return shorten(String((node as ScalarNode).value));
}
