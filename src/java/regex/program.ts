/**
 * A pattern's tree into a program for `matcher.ts`: four numbers an instruction. A program with its own stack, instead
 * of closures that call each other, because `(a|b)*` on a long text must not overflow the host's stack.
 */
import { CharSet } from './char-set.js';
import { type Assertion, parsePattern, type RegexNode, RegexSyntaxError } from './pattern.js';

export const Op = {
  /** x: UTF-16 unit */
  Char: 0,
  /** x: set */
  Set: 1,
  /** try x, then y */
  Split: 2,
  Jump: 3,
  /** x: slot of a group's start or end */
  Save: 4,
  /** x: index in `ASSERTION_KINDS` */
  Assert: 5,
  /** x: group, y: 1 to ignore case */
  Back: 6,
  /** Body follows up to its Accept; x: where to go on, y: 1 negative, 2 behind, z: index of `widths` */
  Look: 7,
  /** Body follows up to its Accept; x: where to go on */
  Atomic: 8,
  Accept: 9,
  Fail: 10,
  /** One set repeated: x: set, y: min, z: max */
  RunGreedy: 11,
  RunLazy: 12,
  /** x: register */
  LoopStart: 13,
  /** x: register, y: index of `loops`; the body follows */
  Loop: 14,
} as const;

export const ASSERTION_KINDS: readonly Assertion[] = [
  'start',
  'lineStart',
  'lineStartUnix',
  'end',
  'endBeforeTerminator',
  'endBeforeTerminatorUnix',
  'lineEnd',
  'lineEndUnix',
  'lastMatch',
  'boundary',
  'notBoundary',
];

export interface Loop {
  min: number;
  max: number;
  greedy: boolean;
  exit: number;
}

export interface Program {
  code: Int32Array;
  sets: readonly CharSet[];
  loops: readonly Loop[];
  /** Least and greatest length of each look-behind. */
  widths: readonly (readonly [number, number])[];
  /** Capturing groups, group 0 not counted. */
  groups: number;
  names: ReadonlyMap<string, number>;
  registers: number;
  /** What a match must begin with, when that is known: finding skips everything else. */
  first: CharSet | null;
  /** The whole pattern, when it is plain text. */
  literal: string | null;
}

/** Instructions of one program. */
const MAX_CODE = 100_000;

/** @throws RegexSyntaxError */
export function compilePattern(pattern: string, flags = ''): Program {
  const parsed = parsePattern(pattern, flags);
  const compiler = new ProgramCompiler(pattern);
  compiler.node(parsed.root);
  compiler.emit(Op.Accept);
  return {
    code: Int32Array.from(compiler.code),
    sets: compiler.sets,
    loops: compiler.loops,
    widths: compiler.widths,
    groups: parsed.groups,
    names: parsed.names,
    registers: compiler.registers,
    first: firstOf(parsed.root),
    literal: literalOf(parsed.root),
  };
}

class ProgramCompiler {
  readonly code: number[] = [];
  readonly sets: CharSet[] = [];
  readonly loops: Loop[] = [];
  readonly widths: [number, number][] = [];
  registers = 0;
  private readonly pattern: string;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  /** Returns the instruction's position. */
  emit(op: number, x = 0, y = 0, z = 0): number {
    if (this.code.length > MAX_CODE * 4) throw new RegexSyntaxError('Too large', this.pattern, 0);
    return this.code.push(op, x, y, z) - 4;
  }

  private here(): number {
    return this.code.length;
  }

  private patch(at: number, operand: 1 | 2 | 3, value: number): void {
    this.code[at + operand] = value;
  }

  private setIndex(set: CharSet): number {
    return this.sets.push(set) - 1;
  }

  node(node: RegexNode): void {
    switch (node.kind) {
      case 'empty':
        return;
      case 'fail':
        this.emit(Op.Fail);
        return;
      case 'char':
        for (const unit of units(node.code)) this.emit(Op.Char, unit);
        return;
      case 'set':
        this.emit(Op.Set, this.setIndex(node.set));
        return;
      case 'sequence':
        for (const item of node.items) this.node(item);
        return;
      case 'choice':
        this.choice(node.items);
        return;
      case 'group':
        this.emit(Op.Save, node.index * 2);
        this.node(node.body);
        this.emit(Op.Save, node.index * 2 + 1);
        return;
      case 'atomic':
        this.nested(this.emit(Op.Atomic), node.body);
        return;
      case 'look': {
        const width = node.behind ? widthOf(node.body) : ([0, 0] as [number, number]);
        if (width[1] > MAX_BEHIND) {
          const message = 'Look-behind group does not have an obvious maximum length';
          throw new RegexSyntaxError(message, this.pattern, 0);
        }
        const flags = (node.negative ? 1 : 0) + (node.behind ? 2 : 0);
        this.nested(this.emit(Op.Look, 0, flags, this.widths.push(width) - 1), node.body);
        return;
      }
      case 'back':
        this.emit(Op.Back, node.index, node.ignoreCase ? 1 : 0);
        return;
      case 'assert':
        this.emit(Op.Assert, ASSERTION_KINDS.indexOf(node.what));
        return;
      case 'repeat':
        this.repeat(node);
    }
  }

  private nested(at: number, body: RegexNode): void {
    this.node(body);
    this.emit(Op.Accept);
    this.patch(at, 1, this.here());
  }

  private choice(items: readonly RegexNode[]): void {
    const jumps: number[] = [];
    items.forEach((item, i) => {
      if (i === items.length - 1) {
        this.node(item);
        return;
      }
      const split = this.emit(Op.Split);
      this.patch(split, 1, this.here());
      this.node(item);
      jumps.push(this.emit(Op.Jump));
      this.patch(split, 2, this.here());
    });
    for (const jump of jumps) this.patch(jump, 1, this.here());
  }

  private repeat(node: RegexNode & { kind: 'repeat' }): void {
    const set = singleSet(node.body);
    if (set !== null) {
      this.emit(node.greedy ? Op.RunGreedy : Op.RunLazy, this.setIndex(set), node.min, node.max);
      return;
    }
    const register = this.registers++;
    const loop: Loop = { min: node.min, max: node.max, greedy: node.greedy, exit: 0 };
    this.emit(Op.LoopStart, register);
    const at = this.emit(Op.Loop, register, this.loops.push(loop) - 1);
    this.node(node.body);
    this.emit(Op.Jump, at);
    loop.exit = this.here();
  }
}

const MAX_BEHIND = 1000;

function units(code: number): number[] {
  const text = String.fromCodePoint(code);
  return text.length === 1 ? [code] : [text.charCodeAt(0), text.charCodeAt(1)];
}

/** The set of a node that always matches exactly one code point. */
function singleSet(node: RegexNode): CharSet | null {
  if (node.kind === 'set') return node.set;
  if (node.kind !== 'char') return null;
  const { code } = node;
  return new CharSet((c) => c === code);
}

function widthOf(node: RegexNode): [number, number] {
  switch (node.kind) {
    case 'char':
      return [units(node.code).length, units(node.code).length];
    case 'set':
      return [1, 2];
    case 'sequence':
      return node.items.map(widthOf).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    case 'choice': {
      const widths = node.items.map(widthOf);
      return [Math.min(...widths.map((w) => w[0])), Math.max(...widths.map((w) => w[1]))];
    }
    case 'group':
    case 'atomic':
      return widthOf(node.body);
    case 'repeat': {
      const [min, max] = widthOf(node.body);
      return [min * node.min, max * node.max];
    }
    case 'back':
      return [0, Number.POSITIVE_INFINITY];
    default:
      return [0, 0];
  }
}

/** The set a match begins with; null: unknown, or it may be empty. */
function firstOf(node: RegexNode): CharSet | null {
  switch (node.kind) {
    case 'char':
    case 'set':
      return singleSet(node);
    case 'sequence':
      return node.items[0] === undefined ? null : firstOf(node.items[0]);
    case 'group':
    case 'atomic':
      return firstOf(node.body);
    case 'repeat':
      return node.min > 0 ? firstOf(node.body) : null;
    default:
      return null;
  }
}

function literalOf(node: RegexNode): string | null {
  if (node.kind === 'char') return String.fromCodePoint(node.code);
  if (node.kind !== 'sequence') return null;
  let text = '';
  for (const item of node.items) {
    if (item.kind !== 'char') return null;
    text += String.fromCodePoint(item.code);
  }
  return text;
}
