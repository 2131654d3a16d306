/** Loops, macros, blocks and captured output: what compiled templates need besides values. */
import { checkText, MAX_TEXT, spend } from '../../java/budget.js';
import { JavaObject, type Value } from '../../java/values.js';
import { CallError } from '../errors.js';

/** Passes of one `#foreach` (reference 10). */
export const MAX_ITERATIONS = 1000;

/** `velocimacro.max.depth` */
export const MAX_MACRO_DEPTH = 20;

/** `define.provide.scope` of Velocity: a block that renders itself stops at the second level, silently. */
const MAX_BLOCK_DEPTH = 2;

/** Thrown by `#stop` inside macros and blocks; what was written so far is the result. */
export const STOP = new Error('#stop');

/**
 * Pays for one pass and refuses the one past the limit and output past the limit.
 * @param cost steps of the loop's body, by its length
 */
export function pass(index: number, output: string, cost: number): void {
  if (index >= MAX_ITERATIONS)
    throw new CallError(`#foreach passes its limit of ${MAX_ITERATIONS} iterations`);
  spend(cost);
  if (output.length > MAX_TEXT) checkText(output);
}

/** A list that changed its length under a running `#foreach`: Java throws a ConcurrentModificationException. */
export function changed(): never {
  throw new CallError('a list was changed while #foreach walked it');
}

/** Pays for one call of a macro and refuses the one that is too deep. */
export function enter(depth: number, name: string, cost: number): void {
  spend(cost);
  if (depth > MAX_MACRO_DEPTH)
    throw new CallError(`Max calling depth of ${MAX_MACRO_DEPTH} was exceeded in macro #${name}`);
}

export function noResource(name: string): never {
  throw new CallError(`#${name} has nothing to read: templates have no files`);
}

export function noScope(): never {
  throw new CallError('#break was given no scope of a #foreach around it');
}

/** `$foreach`, where it is used as a value or across macros and blocks. */
export class LoopScope extends JavaObject {
  readonly className = 'org.apache.velocity.runtime.directive.ForeachScope';
  private readonly parent: Value;
  private readonly length: number;
  index = -1;

  constructor(parent: Value, length: number) {
    super();
    this.parent = parent;
    this.length = length;
  }

  /** It can keep members in Velocity and prints them; here it keeps none. */
  override toText(): string {
    return '{}';
  }

  override property(name: string): Value {
    switch (name) {
      case 'index':
        return this.index;
      case 'count':
        return this.index + 1;
      case 'hasNext':
        return this.index + 1 < this.length;
      case 'first':
        return this.index === 0;
      case 'last':
        return this.index + 1 === this.length;
      case 'parent':
        return this.parent instanceof LoopScope ? this.parent : null;
      case 'topmost':
        return this.parent instanceof LoopScope ? this.parent.property('topmost') : this;
      default:
        return null;
    }
  }

  override call(name: string, args: readonly Value[]): Value {
    if (args.length > 0) return null;
    if (name === 'hasNext') return this.property(name);
    const property = /^(?:get|is)([A-Z]\w*)$/.exec(name)?.[1];
    return property === undefined
      ? null
      : this.property(property.charAt(0).toLowerCase() + property.slice(1));
  }
}

/** What `#define` puts into its variable: rendered anew at every use. */
export class Block extends JavaObject {
  readonly className = 'org.apache.velocity.runtime.directive.Block$Reference';
  private readonly render: () => string;
  private readonly cost: number;
  private depth = 0;

  constructor(render: () => string, cost: number) {
    super();
    this.render = render;
    this.cost = cost;
  }

  override toText(): string {
    if (this.depth >= MAX_BLOCK_DEPTH) return '';
    spend(this.cost);
    this.depth++;
    try {
      return checkText(this.render());
    } finally {
      this.depth--;
    }
  }
}

/**
 * The parameters of one running macro. They are passed by name: a reference is evaluated each time the parameter is
 * read, in the frame of the caller.
 */
export class Frame {
  readonly outer: Frame | null;
  private readonly evaluated: Map<string, Value>;
  private readonly byName: Map<string, () => Value>;

  constructor(outer: Frame | null, evaluated: Map<string, Value>, byName: Map<string, () => Value>) {
    this.outer = outer;
    this.evaluated = evaluated;
    this.byName = byName;
  }

  /** Undefined: no frame has the name. */
  static read(frame: Frame | null, name: string): Value {
    for (let at = frame; at !== null; at = at.outer) {
      spend(1);
      const value = at.evaluated.get(name);
      if (value !== undefined && value !== null) return value;
      const argument = at.byName.get(name);
      if (argument !== undefined) return argument() ?? null;
    }
    return undefined;
  }

  /** `#set` of a name that some macro has as its parameter: it hides the argument in every running macro. */
  static write(frame: Frame | null, name: string, value: Value): Value {
    for (let at = frame; at !== null; at = at.outer) at.evaluated.set(name, value);
    return value;
  }
}
