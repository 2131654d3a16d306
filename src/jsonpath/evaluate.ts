/** Walks a value along the steps of a path, as Jayway does. */
import { spend } from '../java/budget.js';
import { JavaList, JavaMap, type Value } from '../java/values.js';
import { callFunction } from './functions.js';
import type { Step } from './path-parser.js';

/** Nothing at a place that had to be there; one instance, no stack to capture. */
const NOT_FOUND = new Error('no such path');

/**
 * The value a path leads to; undefined when it leads nowhere. Paths that may have several hits give a JSON list, empty
 * when there are none; it is still undefined when a definite part before them is missing.
 */
export function evaluate(steps: readonly Step[], start: Value, root: Value): Value {
  const run = new Run(invert(steps), root);
  try {
    run.at(0, start, true);
  } catch (error) {
    if (error === NOT_FOUND) return undefined;
    throw error;
  }
  if (isDefinite(run.steps)) return run.hits[run.hits.length - 1];
  return new JavaList(run.hits, true);
}

/** True when the path has one hit or none. */
export function isDefinite(steps: readonly Step[]): boolean {
  return steps.every((step, i) => isStepDefinite(step, i === steps.length - 1));
}

function isStepDefinite(step: Step, last: boolean): boolean {
  switch (step.kind) {
    case 'name':
    case 'index':
    case 'function':
      return true;
    case 'names':
      return last;
    default:
      return false;
  }
}

/** `$..a.length()` asks for the length of the list that `$..a` gives. */
function invert(steps: readonly Step[]): readonly Step[] {
  const last = steps[steps.length - 1];
  if (last?.kind !== 'function' || steps[0]?.kind !== 'scan') return steps;
  return [{ ...last, parameters: [{ kind: 'path', steps: steps.slice(0, -1) }] }];
}

class Run {
  readonly steps: readonly Step[];
  readonly hits: Value[] = [];
  private readonly root: Value;

  constructor(steps: readonly Step[], root: Value) {
    this.steps = steps;
    this.root = root;
  }

  /** @param definite every step before this one was */
  at(position: number, model: Value, definite: boolean): void {
    spend(1);
    const step = this.steps[position];
    if (step === undefined) {
      this.hits.push(model);
      return;
    }
    switch (step.kind) {
      case 'name':
        this.name(step.name, position, model, definite, true);
        return;
      case 'names':
        this.names(step.names, position, model, definite);
        return;
      case 'index':
        this.indexes([step.index], position, model, definite, true);
        return;
      case 'indexes':
        this.indexes(step.indexes, position, model, definite, false);
        return;
      case 'slice':
        this.slice(step, position, model, definite);
        return;
      case 'wildcard':
        this.wildcard(position, model);
        return;
      case 'scan':
        this.scan(position + 1, model);
        return;
      case 'filter':
        this.filter(step, position, model, definite);
        return;
      case 'function': {
        const parameters = step.parameters.map((parameter) =>
          parameter.kind === 'value' ? parameter.value : evaluate(parameter.steps, this.root, this.root),
        );
        const result = callFunction(step.name, model, parameters);
        if (result === undefined) throw NOT_FOUND;
        this.at(position + 1, result, definite);
      }
    }
  }

  private isLast(position: number): boolean {
    return position === this.steps.length - 1;
  }

  private name(name: string, position: number, model: Value, definite: boolean, single: boolean): void {
    if (!(model instanceof JavaMap)) {
      if (definite) throw NOT_FOUND;
      return;
    }
    const value = model.get(name);
    if (value !== undefined) this.at(position + 1, value, definite && single);
    else if (definite && single && !this.isLast(position)) throw NOT_FOUND;
  }

  private names(names: readonly string[], position: number, model: Value, definite: boolean): void {
    if (!this.isLast(position)) {
      for (const name of names) this.name(name, position, model, definite, false);
      return;
    }
    if (!(model instanceof JavaMap)) {
      if (definite) throw NOT_FOUND;
      return;
    }
    const merged = JavaMap.empty();
    for (const name of names) {
      const value = model.get(name);
      if (value !== undefined) merged.put(name, value);
    }
    this.hits.push(merged);
  }

  private indexes(
    indexes: readonly number[],
    position: number,
    model: Value,
    definite: boolean,
    single: boolean,
  ): void {
    if (!(model instanceof JavaList)) {
      if (definite) throw NOT_FOUND;
      return;
    }
    const { items } = model;
    for (const index of indexes) {
      const effective = index < 0 ? items.length + index : index;
      if (effective >= 0 && effective < items.length) {
        this.at(position + 1, items[effective] ?? null, definite && single);
      }
    }
  }

  private slice(step: Step & { kind: 'slice' }, position: number, model: Value, definite: boolean): void {
    if (!(model instanceof JavaList)) {
      if (definite) throw NOT_FOUND;
      return;
    }
    const { items } = model;
    const bound = (value: number): number => Math.max(0, value < 0 ? items.length + value : value);
    const from = step.from === null ? 0 : bound(step.from);
    const to = step.to === null ? items.length : Math.min(items.length, bound(step.to));
    for (let i = from; i < to; i++) this.at(position + 1, items[i] ?? null, false);
  }

  private wildcard(position: number, model: Value): void {
    const values = model instanceof JavaMap ? model.values : model instanceof JavaList ? model.items : [];
    for (const value of values) this.at(position + 1, value ?? null, false);
  }

  /** Applies the step at `position` to the model and to everything in it, outer values first. */
  private scan(position: number, model: Value): void {
    spend(1);
    const step = this.steps[position];
    if (step === undefined) return;
    if (model instanceof JavaMap) {
      if (this.isScanned(step, model)) this.at(position, model, false);
      for (const value of model.values) this.scan(position, value);
    } else if (model instanceof JavaList) {
      if (this.isScanned(step, model)) this.at(position, model, false);
      for (const value of model.items) this.scan(position, value);
    }
  }

  private isScanned(step: Step, model: JavaMap | JavaList): boolean {
    switch (step.kind) {
      case 'name':
        return model instanceof JavaMap && model.has(step.name);
      case 'names':
        return model instanceof JavaMap && step.names.every((name) => model.has(name));
      case 'index':
      case 'indexes':
      case 'slice':
        return model instanceof JavaList;
      case 'filter':
        return step.test(model, this.root);
      default:
        return step.kind === 'wildcard';
    }
  }

  private filter(step: Step & { kind: 'filter' }, position: number, model: Value, definite: boolean): void {
    if (model instanceof JavaMap) {
      if (step.test(model, this.root)) this.at(position + 1, model, false);
    } else if (model instanceof JavaList) {
      for (const item of model.items) {
        spend(1);
        if (step.test(item ?? null, this.root)) this.at(position + 1, item ?? null, false);
      }
    } else if (definite) throw NOT_FOUND;
  }
}
