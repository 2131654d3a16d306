/**
 * Method calls. Which methods of which types a name and a number of arguments may mean is looked up once, when a
 * template is compiled; a call only asks for its target's type. There is no other way to a function of the host.
 */
import { isNumber } from '../../java/numbers.js';
import { JavaList, JavaMap, JavaObject, JavaSet, type Value } from '../../java/values.js';
import { classOf } from './members.js';
import {
  LIST_METHODS,
  type ListMethod,
  MAP_METHODS,
  type MapMethod,
  SET_METHODS,
  type SetMethod,
} from './methods-collection.js';
import { BOOLEAN_METHODS, type BooleanMethod, NUMBER_METHODS, type NumberMethod } from './methods-number.js';
import { TEXT_METHODS, type TextMethod } from './methods-text.js';

/** One call in a template. Null: there is no such method, or it returned null. */
export class MethodCall {
  private readonly name: string;
  private readonly isGetClass: boolean;
  private readonly text: TextMethod | undefined;
  private readonly number: NumberMethod | undefined;
  private readonly boolean: BooleanMethod | undefined;
  private readonly list: ListMethod | undefined;
  private readonly map: MapMethod | undefined;
  private readonly set: SetMethod | undefined;

  constructor(name: string, arity: number) {
    const key = `${name}/${arity}`;
    this.name = name;
    this.isGetClass = key === 'getClass/0';
    this.text = TEXT_METHODS.get(key);
    this.number = NUMBER_METHODS.get(key);
    this.boolean = BOOLEAN_METHODS.get(key);
    this.list = LIST_METHODS.get(key);
    this.map = MAP_METHODS.get(key);
    this.set = SET_METHODS.get(key);
  }

  call0(target: Value): Value {
    return target instanceof JavaObject
      ? this.ofObject(target, [])
      : this.builtIn(target, undefined, undefined);
  }

  call1(target: Value, a: Value): Value {
    return target instanceof JavaObject ? this.ofObject(target, [a]) : this.builtIn(target, a, undefined);
  }

  call2(target: Value, a: Value, b: Value): Value {
    return target instanceof JavaObject ? this.ofObject(target, [a, b]) : this.builtIn(target, a, b);
  }

  /** Three arguments or more: only objects with methods of their own could have one. */
  callMany(target: Value, args: readonly Value[]): Value {
    return target instanceof JavaObject ? target.call(this.name, args) : null;
  }

  private ofObject(target: JavaObject, args: readonly Value[]): Value {
    if (this.isGetClass) return classOf(target);
    return this.name === 'toString' && args.length === 0 ? target.toText() : target.call(this.name, args);
  }

  private builtIn(target: Exclude<Value, JavaObject>, a: Value, b: Value): Value {
    if (typeof target === 'string') return this.isGetClass ? classOf(target) : this.text?.(target, a, b);
    if (target === null || target === undefined) return null;
    if (this.isGetClass) return classOf(target);
    if (target instanceof JavaMap) return this.map?.(target, a, b);
    if (target instanceof JavaList) return this.list?.(target, a, b);
    if (isNumber(target)) return this.number?.(target, a, b);
    return target instanceof JavaSet ? this.set?.(target, a) : this.boolean?.(target, a);
  }
}
