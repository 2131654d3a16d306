/**
 * Runs a program of `program.ts`: backtracking as in Java, because groups, laziness and possessive forms must find what
 * Java finds, but with its own stack and paid step by step, so that `(a+)+$` ends in a BudgetError instead of never.
 */
import { BudgetError, spend } from '../budget.js';
import { isLineTerminator, isWordLetter } from './char-set.js';
import { ASSERTION_KINDS, Op, type Program } from './program.js';

/** Instructions that cost one step of the budget. */
const INSTRUCTIONS_PER_STEP = 4;

/** Entries of the backtracking stack: 4 numbers of 4 bytes each, so 3 MB at the most. */
const MAX_STACK = 200_000 * 4;
const FIRST_STACK = 64 * 4;

/** What an entry of the backtracking stack says; its three operands follow the kind. */
const Entry = {
  /** pc, position */
  Choice: 0,
  /** slot, value */
  Group: 1,
  /** register, value */
  Register: 2,
  /** pc of a greedy run, shortest end, end to try next */
  Run: 3,
  /** pc of a lazy run, position, count */
  LazyRun: 4,
  /** pc of a lazy loop, position: enter its body */
  LazyLoop: 5,
} as const;

export class Matcher {
  private readonly program: Program;
  readonly text: string;
  /** Start and end of each group, -1 when it took no part; 0 and 1 are the match. */
  readonly groups: Int32Array;
  private readonly registers: Int32Array;
  private stack = new Int32Array(FIRST_STACK);
  private top = 0;
  private instructions = 0;
  private lastEnd = 0;

  constructor(program: Program, text: string) {
    this.program = program;
    this.text = text;
    this.groups = new Int32Array((program.groups + 1) * 2).fill(-1);
    this.registers = new Int32Array(program.registers * 2);
  }

  /** The whole text. */
  matches(): boolean {
    this.groups.fill(-1);
    const end = this.run(0, 0, this.text.length);
    if (end < 0) return false;
    this.groups[0] = 0;
    this.groups[1] = end;
    return true;
  }

  /** The next match from `from` on; its bounds are `groups[0]` and `groups[1]`. */
  find(from: number): boolean {
    const { text } = this;
    const { first } = this.program;
    for (let start = from; start <= text.length; start++) {
      if (first !== null) {
        while (start < text.length && !first.has(codeAt(text, start))) {
          start++;
          this.count(1);
        }
        if (start >= text.length) return false;
      }
      this.groups.fill(-1);
      const end = this.run(0, start, -1);
      if (end >= 0) {
        this.groups[0] = start;
        this.groups[1] = end;
        this.lastEnd = end;
        return true;
      }
    }
    return false;
  }

  private count(instructions: number): void {
    this.instructions += instructions;
    if (this.instructions >= INSTRUCTIONS_PER_STEP) {
      spend(Math.floor(this.instructions / INSTRUCTIONS_PER_STEP));
      this.instructions %= INSTRUCTIONS_PER_STEP;
    }
  }

  private push(kind: number, a: number, b: number, c: number): void {
    const { top } = this;
    if (top === this.stack.length) this.grow();
    const { stack } = this;
    stack[top] = kind;
    stack[top + 1] = a;
    stack[top + 2] = b;
    stack[top + 3] = c;
    this.top = top + 4;
  }

  private grow(): void {
    if (this.top >= MAX_STACK) throw new BudgetError('a regular expression backtracks too deeply');
    const larger = new Int32Array(Math.min(MAX_STACK, this.top * 2));
    larger.set(this.stack);
    this.stack = larger;
  }

  private setGroup(slot: number, value: number): void {
    this.push(Entry.Group, slot, this.groups[slot] ?? -1, 0);
    this.groups[slot] = value;
  }

  private setRegister(register: number, value: number): void {
    this.push(Entry.Register, register, this.registers[register] ?? 0, 0);
    this.registers[register] = value;
  }

  /**
   * Runs from `startPc` to the Accept of its level. Returns where it ended, -1 for no match.
   * @param mustEnd position where the match has to end, -1 for anywhere
   */
  private run(startPc: number, startAt: number, mustEnd: number): number {
    const { text, program, groups, registers } = this;
    const { code, sets, loops } = program;
    const base = this.top;
    let pc = startPc;
    let at = startAt;
    for (;;) {
      if (++this.instructions >= INSTRUCTIONS_PER_STEP) this.count(0);
      let failed = false;
      switch (code[pc]) {
        case Op.Char:
          if (text.charCodeAt(at) === code[pc + 1]) {
            at++;
            pc += 4;
          } else failed = true;
          break;
        case Op.Set: {
          const point = at < text.length ? codeAt(text, at) : -1;
          if (point >= 0 && sets[code[pc + 1] as number]?.has(point) === true) {
            at += point > 0xffff ? 2 : 1;
            pc += 4;
          } else failed = true;
          break;
        }
        case Op.Split:
          this.push(Entry.Choice, code[pc + 2] as number, at, 0);
          pc = code[pc + 1] as number;
          break;
        case Op.Jump:
          pc = code[pc + 1] as number;
          break;
        case Op.Save:
          this.setGroup(code[pc + 1] as number, at);
          pc += 4;
          break;
        case Op.Assert:
          if (this.holds(code[pc + 1] as number, at)) pc += 4;
          else failed = true;
          break;
        case Op.Back: {
          const end = this.back(code[pc + 1] as number, code[pc + 2] === 1, at);
          if (end < 0) failed = true;
          else {
            at = end;
            pc += 4;
          }
          break;
        }
        case Op.Look: {
          const negative = ((code[pc + 2] as number) & 1) !== 0;
          if (this.look(pc, at) !== negative) pc = code[pc + 1] as number;
          else failed = true;
          break;
        }
        case Op.Atomic: {
          const end = this.sub(pc + 4, at, -1);
          if (end < 0) failed = true;
          else {
            at = end;
            pc = code[pc + 1] as number;
          }
          break;
        }
        case Op.Accept:
          if (mustEnd >= 0 && at !== mustEnd) failed = true;
          else {
            this.top = base;
            return at;
          }
          break;
        case Op.RunGreedy: {
          const set = sets[code[pc + 1] as number];
          const min = code[pc + 2] as number;
          const max = code[pc + 3] as number;
          let end = at;
          let shortest = at;
          let taken = 0;
          while (taken < max && end < text.length) {
            const point = codeAt(text, end);
            if (set?.has(point) !== true) break;
            end += point > 0xffff ? 2 : 1;
            if (++taken === min) shortest = end;
          }
          this.count(taken >> 2);
          if (taken < min) failed = true;
          else {
            if (end > shortest) this.push(Entry.Run, pc, shortest, before(text, end));
            at = end;
            pc += 4;
          }
          break;
        }
        case Op.RunLazy: {
          const set = sets[code[pc + 1] as number];
          const min = code[pc + 2] as number;
          let taken = 0;
          while (taken < min && at < text.length) {
            const point = codeAt(text, at);
            if (set?.has(point) !== true) break;
            at += point > 0xffff ? 2 : 1;
            taken++;
          }
          this.count(taken >> 2);
          if (taken < min) failed = true;
          else {
            if (min < (code[pc + 3] as number)) this.push(Entry.LazyRun, pc, at, min);
            pc += 4;
          }
          break;
        }
        case Op.LoopStart: {
          const register = (code[pc + 1] as number) * 2;
          this.setRegister(register, 0);
          this.setRegister(register + 1, -1);
          pc += 4;
          break;
        }
        case Op.Loop: {
          const register = (code[pc + 1] as number) * 2;
          const loop = loops[code[pc + 2] as number];
          const done = registers[register] as number;
          if (loop === undefined || registers[register + 1] === at || done >= loop.max) {
            // An iteration that took nothing ends the loop: more of them would take nothing either.
            pc = loop?.exit ?? pc;
          } else if (done < loop.min || loop.greedy) {
            if (done >= loop.min) this.push(Entry.Choice, loop.exit, at, 0);
            this.setRegister(register, done + 1);
            this.setRegister(register + 1, at);
            pc += 4;
          } else {
            this.push(Entry.LazyLoop, pc, at, 0);
            pc = loop.exit;
          }
          break;
        }
        default:
          failed = true;
      }
      if (!failed) continue;
      // Back to the last choice of this level, undoing what happened since.
      for (;;) {
        if (this.top === base) return -1;
        const top = this.top - 4;
        this.top = top;
        const { stack } = this;
        const kind = stack[top];
        const a = stack[top + 1] as number;
        const b = stack[top + 2] as number;
        const c = stack[top + 3] as number;
        if (kind === Entry.Group) groups[a] = b;
        else if (kind === Entry.Register) registers[a] = b;
        else if (kind === Entry.Choice) {
          pc = a;
          at = b;
          break;
        } else if (kind === Entry.Run) {
          if (c > b) this.push(Entry.Run, a, b, before(text, c));
          pc = a + 4;
          at = c;
          break;
        } else if (kind === Entry.LazyRun) {
          const point = b < text.length ? codeAt(text, b) : -1;
          if (point < 0 || sets[code[a + 1] as number]?.has(point) !== true) continue;
          at = b + (point > 0xffff ? 2 : 1);
          if (c + 1 < (code[a + 3] as number)) this.push(Entry.LazyRun, a, at, c + 1);
          pc = a + 4;
          break;
        } else {
          const register = (code[a + 1] as number) * 2;
          this.setRegister(register, (registers[register] as number) + 1);
          this.setRegister(register + 1, b);
          pc = a + 4;
          at = b;
          break;
        }
      }
    }
  }

  /**
   * A look-around's or atomic group's body: on success its choices are forgotten, its groups stay (and are undone when
   * something before it is tried again).
   */
  private sub(pc: number, at: number, mustEnd: number): number {
    const saved = this.groups.slice();
    const end = this.run(pc, at, mustEnd);
    if (end >= 0) {
      for (let slot = 2; slot < saved.length; slot++) {
        if (this.groups[slot] !== saved[slot]) this.push(Entry.Group, slot, saved[slot] ?? -1, 0);
      }
    } else this.groups.set(saved);
    return end;
  }

  private look(pc: number, at: number): boolean {
    const { code, widths } = this.program;
    const flags = code[pc + 2] as number;
    const saved = (flags & 1) !== 0 ? this.groups.slice() : null;
    let found = false;
    if ((flags & 2) === 0) found = this.sub(pc + 4, at, -1) >= 0;
    else {
      const [min, max] = widths[code[pc + 3] as number] ?? [0, 0];
      for (let from = at - min; !found && from >= 0 && from >= at - max; from--) {
        found = this.sub(pc + 4, from, at) >= 0;
      }
    }
    if (saved !== null) this.groups.set(saved);
    return found;
  }

  private back(group: number, ignoreCase: boolean, at: number): number {
    const from = this.groups[group * 2] ?? -1;
    const to = this.groups[group * 2 + 1] ?? -1;
    if (from < 0 || to < from) return -1;
    const length = to - from;
    this.count(length >> 2);
    const wanted = this.text.slice(from, to);
    const here = this.text.slice(at, at + length);
    const same = ignoreCase ? wanted.toLowerCase() === here.toLowerCase() : wanted === here;
    return same ? at + length : -1;
  }

  private holds(kind: number, at: number): boolean {
    const { text } = this;
    switch (ASSERTION_KINDS[kind]) {
      case 'start':
        return at === 0;
      case 'lineStart':
        // Never at the end of the input, an empty one included: Java's rule.
        return at < text.length && (at === 0 || endsLine(text, at));
      case 'lineStartUnix':
        return at < text.length && (at === 0 || text.charCodeAt(at - 1) === 10);
      case 'end':
        return at === text.length;
      case 'endBeforeTerminator':
        return at === text.length || isFinalTerminator(text, at);
      case 'endBeforeTerminatorUnix':
        return at === text.length || (at === text.length - 1 && text.charCodeAt(at) === 10);
      case 'lineEnd':
        return at === text.length || startsTerminator(text, at);
      case 'lineEndUnix':
        return at === text.length || text.charCodeAt(at) === 10;
      case 'lastMatch':
        return at === this.lastEnd;
      case 'boundary':
        return wordAt(text, at - 1) !== wordAt(text, at);
      default:
        return wordAt(text, at - 1) === wordAt(text, at);
    }
  }
}

/** The code point at a position inside the text. */
function codeAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff) return unit;
  return text.codePointAt(at) as number;
}

/** The position one code point before. */
function before(text: string, at: number): number {
  const low = text.charCodeAt(at - 1);
  if (low >= 0xdc00 && low <= 0xdfff && at > 1) {
    const high = text.charCodeAt(at - 2);
    if (high >= 0xd800 && high <= 0xdbff) return at - 2;
  }
  return at - 1;
}

function wordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && isWordLetter(codeAt(text, at));
}

/** A line ends before `at`: not between the two halves of \r\n. */
function endsLine(text: string, at: number): boolean {
  const unit = text.charCodeAt(at - 1);
  return isLineTerminator(unit) && !(unit === 13 && text.charCodeAt(at) === 10);
}

function startsTerminator(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return isLineTerminator(unit) && !(unit === 10 && at > 0 && text.charCodeAt(at - 1) === 13);
}

function isFinalTerminator(text: string, at: number): boolean {
  if (at === text.length - 1) return startsTerminator(text, at);
  return at === text.length - 2 && text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10;
}
