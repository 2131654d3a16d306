/** A request to render templates for, in plain data. */
import { JsonBody } from '../../src/jsonpath/body.js';
import {
  type ContextData,
  Overrides,
  type ParameterPlace,
  type TemplateScope,
} from '../../src/templates/scope.js';

export interface Inputs {
  body?: string;
  params?: Partial<Record<ParameterPlace, Record<string, string>>>;
  context?: Record<string, ContextData>;
  stageVariables?: Record<string, string>;
  overrides?: Overrides;
}

export function scopeOf(inputs: Inputs = {}): TemplateScope {
  const { params = {}, context = {} } = inputs;
  const at = (place: ParameterPlace): Record<string, string> => params[place] ?? {};
  return {
    body: new JsonBody(inputs.body ?? ''),
    params: {
      get(place, name) {
        if (place !== 'header') return Object.hasOwn(at(place), name) ? at(place)[name] : undefined;
        const wanted = name.toLowerCase();
        return Object.entries(at('header')).find(([key]) => key.toLowerCase() === wanted)?.[1];
      },
      entries: (place) => Object.entries(at(place)),
    },
    context: {
      get: (name) => (Object.hasOwn(context, name) ? context[name] : undefined),
      names: () => Object.keys(context),
    },
    stageVariables: inputs.stageVariables ?? {},
    overrides: inputs.overrides ?? new Overrides(),
  };
}
