/** Methods of java.util's lists, maps and sets. */
import { spend } from '../../java/budget.js';
import { javaEquals, keyOf, textOf } from '../../java/text.js';
import { JavaEntry, JavaList, JavaMap, JavaSet, type Value } from '../../java/values.js';
import { CallError } from '../errors.js';

export type ListMethod = (target: JavaList, a: Value, b: Value) => Value;
export type MapMethod = (target: JavaMap, a: Value, b: Value) => Value;
export type SetMethod = (target: JavaSet, a: Value) => Value;

const isIndex = (value: Value): value is number => typeof value === 'number';

function check(index: number, length: number): number {
  if (index < 0 || index >= length) throw new CallError(`Index ${index} out of bounds for length ${length}`);
  return index;
}

function itemsOf(value: Value): readonly Value[] | undefined {
  return value instanceof JavaList || value instanceof JavaSet ? value.items : undefined;
}

function position(items: readonly Value[], value: Value): number {
  spend(items.length);
  return items.findIndex((item) => javaEquals(item, value));
}

function lastPosition(items: readonly Value[], value: Value): number {
  spend(items.length);
  return items.findLastIndex((item) => javaEquals(item, value));
}

function insertAll(list: JavaList, index: number, values: Value): Value {
  const added = itemsOf(values);
  if (added === undefined) return undefined;
  spend(added.length + list.items.length);
  const items = list.changing();
  const tail = items.splice(index);
  // One by one: a spread would put all of them on the stack.
  for (const value of added === items ? items.slice() : added) items.push(value);
  for (const value of tail) items.push(value);
  return added.length > 0;
}

/** `remove(int)` takes a position, `remove(Object)` a value. */
function remove(list: JavaList, what: Value): Value {
  spend(list.items.length);
  if (isIndex(what)) return list.changing().splice(check(what, list.items.length), 1)[0];
  const found = position(list.items, what);
  if (found >= 0) list.changing().splice(found, 1);
  return found >= 0;
}

function retain(list: JavaList, values: Value, keep: boolean): Value {
  const others = itemsOf(values);
  if (others === undefined) return undefined;
  const kept = list.items.filter((item) => position(others, item) >= 0 === keep);
  const changed = kept.length !== list.items.length;
  const items = list.changing();
  items.length = 0;
  for (const item of kept) items.push(item);
  return changed;
}

const containsAll = (items: readonly Value[], values: Value): Value =>
  itemsOf(values)?.every((value) => position(items, value) >= 0);

export const LIST_METHODS: ReadonlyMap<string, ListMethod> = new Map<string, ListMethod>([
  ['size/0', (list) => list.items.length],
  // The gateway's documentation names it too.
  ['count/0', (list) => list.items.length],
  ['length/0', (list) => (list.json ? list.items.length : undefined)],
  ['isEmpty/0', (list) => list.items.length === 0],
  ['get/1', (list, index) => (isIndex(index) ? list.items[check(index, list.items.length)] : undefined)],
  [
    'add/1',
    (list, value) => {
      spend(1);
      list.changing().push(value);
      return true;
    },
  ],
  [
    'add/2',
    (list, index, value) => {
      if (!isIndex(index)) return undefined;
      spend(list.items.length + 1);
      list.changing().splice(check(index, list.items.length + 1), 0, value);
      // A void method prints as nothing.
      return '';
    },
  ],
  ['addAll/1', (list, values) => insertAll(list, list.items.length, values)],
  [
    'addAll/2',
    (list, index, values) =>
      isIndex(index) ? insertAll(list, check(index, list.items.length + 1), values) : undefined,
  ],
  ['remove/1', remove],
  ['removeAll/1', (list, values) => retain(list, values, false)],
  ['retainAll/1', (list, values) => retain(list, values, true)],
  ['contains/1', (list, value) => position(list.items, value) >= 0],
  ['containsAll/1', (list, values) => containsAll(list.items, values)],
  ['indexOf/1', (list, value) => position(list.items, value)],
  ['lastIndexOf/1', (list, value) => lastPosition(list.items, value)],
  [
    'set/2',
    (list, index, value) => {
      if (!isIndex(index)) return undefined;
      const before = list.items[check(index, list.items.length)];
      list.changing()[index] = value;
      return before;
    },
  ],
  [
    'subList/2',
    (list, from, to) => {
      if (!isIndex(from) || !isIndex(to)) return undefined;
      if (from < 0 || to > list.items.length || from > to) {
        throw new CallError(`subList: from ${from}, to ${to}, size ${list.items.length}`);
      }
      spend(to - from);
      return new JavaList(list.items.slice(from, to), list.json);
    },
  ],
  [
    'clear/0',
    (list) => {
      list.changing().length = 0;
      return '';
    },
  ],
  ['toString/0', (list) => textOf(list)],
  ['equals/1', (list, other) => javaEquals(list, other)],
]);

function mapSet(map: JavaMap, items: readonly Value[], className: string): JavaSet {
  spend(map.size);
  return new JavaSet(items, `java.util.LinkedHashMap$${className}`);
}

export const MAP_METHODS: ReadonlyMap<string, MapMethod> = new Map<string, MapMethod>([
  ['size/0', (map) => map.size],
  ['isEmpty/0', (map) => map.size === 0],
  ['get/1', (map, key) => map.get(keyOf(key))],
  ['getOrDefault/2', (map, key, other) => (map.has(keyOf(key)) ? map.get(keyOf(key)) : other)],
  ['put/2', (map, key, value) => map.put(keyOf(key), value)],
  ['putIfAbsent/2', (map, key, value) => map.get(keyOf(key)) ?? map.put(keyOf(key), value)],
  [
    'putAll/1',
    (map, other) => {
      if (!(other instanceof JavaMap)) return undefined;
      spend(other.size);
      other.names.list.slice().forEach((key, i) => {
        map.put(key, other.values[i]);
      });
      return '';
    },
  ],
  ['remove/1', (map, key) => map.remove(keyOf(key))],
  [
    'clear/0',
    (map) => {
      map.clear();
      return '';
    },
  ],
  ['containsKey/1', (map, key) => map.has(keyOf(key))],
  ['containsValue/1', (map, value) => position(map.values, value) >= 0],
  ['keySet/0', (map) => mapSet(map, map.names.list.slice(), 'LinkedKeySet')],
  ['values/0', (map) => mapSet(map, map.values.slice(), 'LinkedValues')],
  [
    'entrySet/0',
    (map) =>
      mapSet(
        map,
        map.names.list.map((key) => new JavaEntry(map, key)),
        'LinkedEntrySet',
      ),
  ],
  ['toString/0', (map) => textOf(map)],
  ['equals/1', (map, other) => javaEquals(map, other)],
]);

export const SET_METHODS: ReadonlyMap<string, SetMethod> = new Map<string, SetMethod>([
  ['size/0', (set) => set.items.length],
  ['isEmpty/0', (set) => set.items.length === 0],
  ['contains/1', (set, value) => position(set.items, value) >= 0],
  ['containsAll/1', (set, values) => containsAll(set.items, values)],
  [
    'toArray/0',
    (set) => {
      spend(set.items.length);
      return new JavaList(set.items.slice(), false);
    },
  ],
  ['toString/0', (set) => textOf(set)],
]);
