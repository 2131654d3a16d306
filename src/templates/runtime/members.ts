/** Properties and indexes of values: `$x.name`, `$x["name"]`, `$x[0]`, and assignments to them. */
import { integerClass, isNumber } from '../../java/numbers.js';
import { keyOf } from '../../java/text.js';
import {
  JavaDouble,
  JavaList,
  JavaMap,
  JavaObject,
  JavaSet,
  type Names,
  type Value,
} from '../../java/values.js';
import { CallError } from '../errors.js';

/**
 * One place in a template that reads a property. It remembers where the name stood last time: maps of one JSON shape
 * share their names, so the next one is answered by comparing a pointer.
 */
export class PropertyRead {
  private readonly name: string;
  private names: Names | null = null;
  private position = 0;

  constructor(name: string) {
    this.name = name;
  }

  of(target: Value): Value {
    if (target instanceof JavaMap) {
      if (target.names === this.names) return target.values[this.position];
      return this.ofMap(target);
    }
    return target instanceof JavaObject ? target.property(this.name) : simpleProperty(target, this.name);
  }

  private ofMap(map: JavaMap): Value {
    const position = map.position(this.name);
    if (position < 0) return null;
    if (map.names.shared) {
      this.names = map.names;
      this.position = position;
    }
    return map.values[position];
  }
}

/** `isEmpty()` is the only getter of texts and lists that reads as a property. */
function simpleProperty(target: Value, name: string): Value {
  if (name !== 'empty') return null;
  if (typeof target === 'string') return target === '';
  return target instanceof JavaList || target instanceof JavaSet ? target.items.length === 0 : null;
}

/** `$x[index]`: `get(index)` in Java, so lists know whole numbers, maps any key, others nothing. */
export function at(target: Value, index: Value): Value {
  if (target instanceof JavaMap) return target.get(keyOf(index)) ?? null;
  if (target instanceof JavaList) {
    if (typeof index !== 'number') return null;
    return target.items[inside(target, index)];
  }
  return target instanceof JavaObject ? target.call('get', [index]) : null;
}

/** A list's index, negative ones counted from its end. */
function inside(list: JavaList, index: number): number {
  const { length } = list.items;
  const effective = index < 0 ? length + index : index;
  if (effective < 0 || effective >= length)
    throw new CallError(`Index ${index} out of bounds for length ${length}`);
  return effective;
}

/** `#set($x.name = value)`; targets without such a member stay as they are. */
export function setProperty(target: Value, name: string, value: Value): void {
  if (target instanceof JavaMap) target.put(name, value);
  else if (target instanceof JavaObject) target.call('put', [name, value]);
}

/** `#set($x[index] = value)` */
export function setIndex(target: Value, index: Value, value: Value): void {
  if (target instanceof JavaMap) target.put(keyOf(index), value);
  else if (target instanceof JavaList) {
    if (typeof index === 'number') target.changing()[inside(target, index)] = value;
  } else if (target instanceof JavaObject) target.call('put', [index, value]);
}

/** What `#foreach` walks: elements of lists and sets, values of maps; null: nothing, as for texts and numbers. */
export function elements(value: Value): readonly Value[] | null {
  if (value instanceof JavaList || value instanceof JavaSet) return value.items;
  if (value instanceof JavaMap) return value.values;
  return value instanceof JavaObject ? value.elements() : null;
}

/** A map literal. */
export function mapOf(keys: readonly Value[], values: readonly Value[]): JavaMap {
  const map = JavaMap.empty();
  for (let i = 0; i < keys.length; i++) map.put(keyOf(keys[i]), values[i]);
  return map;
}

/** `$x.class`: a name to print or compare, nothing to reach anything with. */
export class JavaClass extends JavaObject {
  readonly className = 'java.lang.Class';
  private readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
  override toText(): string {
    return `class ${this.name}`;
  }
  override property(name: string): Value {
    if (name === 'name' || name === 'typeName' || name === 'canonicalName') return this.name;
    if (name === 'simpleName') return this.name.slice(this.name.lastIndexOf('.') + 1);
    return null;
  }
  override call(name: string, args: readonly Value[]): Value {
    if (args.length > 0 || !name.startsWith('get')) return null;
    return this.property(name.charAt(3).toLowerCase() + name.slice(4));
  }
}

export function classOf(value: Value): Value {
  if (value === null || value === undefined) return null;
  return new JavaClass(classNameOf(value));
}

function classNameOf(value: Exclude<Value, null | undefined>): string {
  if (typeof value === 'string') return 'java.lang.String';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (value instanceof JavaDouble) return 'java.lang.Double';
  if (isNumber(value)) return integerClass(value);
  if (value instanceof JavaMap) return 'java.util.LinkedHashMap';
  if (value instanceof JavaList) return 'java.util.ArrayList';
  return value.className;
}
