/** The functions at the end of paths: `$.items.length()`, `$..price.sum()`, `$.concat($.a, $.b)`. */
import { checkText } from '../java/budget.js';
import { double, isNumber, toDouble, truncated } from '../java/numbers.js';
import { JavaList, JavaMap, JavaSet, type Value } from '../java/values.js';

/** The result; undefined where Jayway throws (an aggregate of no number, an unknown function). */
export function callFunction(name: string, model: Value, parameters: readonly Value[]): Value {
  switch (name) {
    case 'length':
    case 'size':
      return lengthOf(parameters.length > 0 ? parameters[0] : model);
    case 'keys':
      return model instanceof JavaMap
        ? new JavaSet(model.names.list, 'java.util.LinkedHashMap$LinkedKeySet')
        : null;
    case 'concat':
      return checkText(all([model, ...parameters], (value) => typeof value === 'string').join(''));
    case 'append':
      return model instanceof JavaList ? new JavaList([...model.items, ...parameters], true) : model;
    case 'first':
      return element(model, 0);
    case 'last':
      return element(model, -1);
    case 'index':
      return isNumber(parameters[0]) ? element(model, Number(truncated(parameters[0], 32))) : undefined;
    default:
      return aggregate(name, all([model, ...parameters], isNumber).map(toDouble));
  }
}

function lengthOf(value: Value): Value {
  if (value instanceof JavaList) return value.items.length;
  return value instanceof JavaMap ? value.size : null;
}

function element(model: Value, index: number): Value {
  if (!(model instanceof JavaList)) return undefined;
  const value = model.items.at(index);
  return value === undefined ? undefined : value;
}

/** The values of one type, lists opened; the model itself only when it is a list. */
function all<T extends Value>(
  [model, ...parameters]: readonly Value[],
  is: (value: Value) => value is T,
): T[];
function all(values: readonly Value[], is: (value: Value) => boolean): Value[];
function all([model, ...parameters]: readonly Value[], is: (value: Value) => boolean): Value[] {
  const found = model instanceof JavaList ? model.items.filter(is) : [];
  for (const parameter of parameters) {
    if (parameter instanceof JavaList) found.push(...parameter.items.filter(is));
    else if (is(parameter)) found.push(parameter);
  }
  return found;
}

function aggregate(name: string, numbers: readonly number[]): Value {
  if (numbers.length === 0) return undefined;
  const sum = numbers.reduce((a, b) => a + b, 0);
  switch (name) {
    case 'sum':
      return double(sum);
    case 'avg':
      return double(sum / numbers.length);
    case 'min':
      return double(numbers.reduce((a, b) => Math.min(a, b)));
    case 'max':
      return double(numbers.reduce((a, b) => Math.max(a, b)));
    case 'stddev': {
      const mean = sum / numbers.length;
      const squares = numbers.reduce((a, b) => a + b * b, 0);
      return double(Math.sqrt(squares / numbers.length - mean * mean));
    }
    default:
      return undefined;
  }
}
