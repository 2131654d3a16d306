/** YAML text to a tree with positions: CloudFormation's short tags become their long form, aliases share a node. */

import type { Document, ParsedNode, Scalar, YAMLMap } from 'yaml';
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml';
import {
  type Entry,
  HALF_CHARACTER,
  isWellFormed,
  LONG_KEY,
  listNode,
  MAX_DEPTH,
  MAX_EXPANSION,
  MAX_KEY_LENGTH,
  MapBuilder,
  type MapNode,
  type Node,
  type ReadFailure,
  type ReadWarning,
  scalarNode,
  type Tree,
  warn,
  warnDuplicate,
} from './source-tree.js';

/**
 * Lexemes of the YAML reader, about one for five characters of an API document. A reader without this bound takes
 * minutes and gigabytes for 6 MB of dashes.
 */
const MAX_LEXEMES = 1_500_000;

/** CloudFormation's tags that are keys without `Fn::` in the long form. */
const BARE_FUNCTIONS: ReadonlySet<string> = new Set(['!Ref', '!Condition']);
const FUNCTIONS: ReadonlySet<string> = new Set(
  'Sub GetAtt Join Select Split If ImportValue FindInMap Base64 Cidr GetAZs Transform And Equals Not Or Length ToJsonString'
    .split(' ')
    .map((name) => `!${name}`),
);

class Refused extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** `rewrite` is applied to every key and text. */
export function readYaml(text: string, rewrite: (text: string) => string): Tree | ReadFailure {
  try {
    const document = compose(text);
    return new YamlReader(rewrite).read(document.contents);
  } catch (error) {
    if (error instanceof Refused) return { offset: error.offset, message: error.message };
    // The library recurses: a text nested beyond the stack ends here.
    if (error instanceof RangeError) return { offset: 0, message: tooDeep() };
    throw error;
  }
}

/** The library's own `parseDocument` in steps, because that one has no bound. */
function compose(text: string): Document.Parsed {
  const parser = new Parser();
  const composer = new Composer<ParsedNode>({ prettyErrors: false, logLevel: 'silent', uniqueKeys: false });
  const tokens = [];
  let lexemes = 0;
  let read = 0;
  for (const lexeme of new Lexer().lex(text)) {
    read += lexeme.length;
    if (++lexemes > MAX_LEXEMES) {
      throw new Refused(
        Math.min(read, text.length),
        'The document has too many values to be read: split the API.',
      );
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
  }
  for (const token of parser.end()) tokens.push(token);
  let first: Document.Parsed | undefined;
  for (const document of composer.compose(tokens, true, text.length)) {
    const error = document.errors[0];
    if (error !== undefined) throw new Refused(error.pos[0], syntaxMessage(error.message));
    if (first === undefined) first = document as Document.Parsed;
    else {
      const message = 'The file holds more than one YAML document: leave only the API definition in it.';
      throw new Refused(document.range[0], message);
    }
  }
  if (first === undefined || first.contents === null)
    throw new Refused(0, 'The file is empty: write an OpenAPI document.');
  return first;
}

function syntaxMessage(message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').replace(/[.:\s]+$/, '');
  return `The YAML is broken (${line}): correct it here or just before.`;
}

function tooDeep(): string {
  return `The document is nested more than ${MAX_DEPTH} levels deep: flatten it.`;
}

class YamlReader {
  private readonly warnings: ReadWarning[] = [];
  private readonly anchors = new Map<string, Node>();
  private readonly path: string[] = [];
  private depth = 0;
  private expansion = 0;

  constructor(private readonly rewrite: (text: string) => string) {}

  read(contents: unknown): Tree {
    return { root: this.node(contents, 0), warnings: this.warnings };
  }

  private node(source: unknown, offset: number): Node {
    if (isAlias(source)) return this.alias(source.source, source.range?.[0] ?? offset);
    if (!isScalar(source) && !isMap(source) && !isSeq(source)) return scalarNode(null, '', offset);
    const start = source.range?.[0] ?? offset;
    // An alias inside the node it names would have no end: the name is unknown until the node is complete.
    if (source.anchor !== undefined) this.anchors.delete(source.anchor);
    if (++this.depth > MAX_DEPTH) throw new Refused(start, tooDeep());
    const node = this.tagged(source.tag, start, () => this.untagged(source, start));
    this.depth--;
    if (source.anchor !== undefined) this.anchors.set(source.anchor, node);
    return node;
  }

  private untagged(source: unknown, start: number): Node {
    if (isMap(source)) return this.map(source, start);
    if (isSeq(source)) {
      const items = source.items.map((item, index) => {
        this.path.push(String(index));
        const node = this.node(item, start);
        this.path.pop();
        return node;
      });
      return listNode(items, start);
    }
    return this.scalar(source as Scalar, start);
  }

  private scalar(source: Scalar, start: number): Node {
    const { value } = source;
    if (typeof value === 'string') {
      if (!isWellFormed(value)) throw new Refused(start, HALF_CHARACTER);
      const text = this.rewrite(value);
      return scalarNode(text, text, start);
    }
    if (typeof value === 'number' || typeof value === 'boolean') {
      return scalarNode(value, source.source ?? String(value), start);
    }
    return scalarNode(null, '', start);
  }

  /** `!Sub x` is `{"Fn::Sub": x}`; of any other tag the value is kept. */
  private tagged(tag: string | undefined, start: number, value: () => Node): Node {
    if (tag === undefined || !tag.startsWith('!') || tag === '!') return value();
    if (!BARE_FUNCTIONS.has(tag) && !FUNCTIONS.has(tag)) {
      const message = `The YAML tag "${tag}" is not known here, its value is read without it: remove the tag.`;
      warn(this.warnings, start, this.path, message);
      return value();
    }
    const map = new MapBuilder();
    const key = BARE_FUNCTIONS.has(tag) ? tag.slice(1) : `Fn::${tag.slice(1)}`;
    map.add({ key, keyStart: start, value: value() });
    return map.build(start);
  }

  private map(source: YAMLMap, start: number): MapNode {
    const map = new MapBuilder();
    const merged: Node[] = [];
    for (const pair of source.items) {
      const { key, keyStart, plain } = this.key(pair.key, start);
      this.path.push(key);
      if (key === '<<' && plain) {
        merged.push(this.node(pair.value, keyStart));
      } else {
        if (map.has(key)) warnDuplicate(this.warnings, key, keyStart, this.path);
        const entry: Entry = { key, keyStart, value: this.node(pair.value, keyStart) };
        map.add(entry);
      }
      this.path.pop();
    }
    for (const node of merged) this.merge(map, node);
    return map.build(start);
  }

  /** Merge keys: entries the map lacks are taken from the named map or maps. */
  private merge(map: MapBuilder, from: Node): void {
    if (from.kind === 'list') {
      for (const item of from.items) if (item.kind === 'map') this.merge(map, item);
    } else if (from.kind === 'map') {
      for (const entry of from.entries) if (!map.has(entry.key)) map.add(entry);
    } else {
      throw new Refused(from.start, 'The merge key "<<" needs a map: name an anchor that holds one.');
    }
  }

  private key(source: unknown, start: number): { key: string; keyStart: number; plain: boolean } {
    const node = isAlias(source) ? this.alias(source.source, source.range?.[0] ?? start) : undefined;
    if (node?.kind === 'scalar')
      return { key: limited(node.text, start), keyStart: node.start, plain: false };
    if (source === null) return { key: '', keyStart: start, plain: false };
    if (!isScalar(source)) throw new Refused(start, 'A key of this map is no text: write a text.');
    const { value } = source;
    const key = this.rewrite(typeof value === 'string' ? value : (source.source ?? ''));
    const keyStart = source.range?.[0] ?? start;
    if (!isWellFormed(key)) throw new Refused(keyStart, HALF_CHARACTER);
    return { key: limited(key, keyStart), keyStart, plain: source.type === 'PLAIN' };
  }

  private alias(name: string, offset: number): Node {
    const node = this.anchors.get(name);
    if (node === undefined) {
      throw new Refused(
        offset,
        `The alias "*${name}" names no complete value before it: write the value here.`,
      );
    }
    this.expansion += node.weight;
    if (this.expansion > MAX_EXPANSION) {
      throw new Refused(
        offset,
        'The YAML aliases multiply the document beyond what is read: write it without them.',
      );
    }
    return node;
  }
}

function limited(key: string, offset: number): string {
  if (key.length > MAX_KEY_LENGTH) throw new Refused(offset, LONG_KEY);
  return key;
}
