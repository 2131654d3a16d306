/** Compiles mapping templates (reference 03) into functions, once, when a configuration is applied. */
import { BudgetError, checkText, DEFAULT_STEPS, MAX_TEXT, refill, restore, spend } from '../java/budget.js';
import type { Value } from '../java/values.js';
import type { Template } from './ast.js';
import { generate } from './codegen.js';
import { CallError, placeOf, TemplateError, TemplateRunError } from './errors.js';
import { HELPERS } from './helpers.js';
import { parseTemplate } from './parser.js';
import type { TemplateScope } from './scope.js';

/** Characters of a template: 300 KB (reference 10). */
export const MAX_TEMPLATE = 307_200;

export interface TemplateOptions {
  /** Steps one rendering may take, see budget.ts. */
  steps?: number;
}

export interface CompiledTemplate {
  /** The rendered text, at most 10 MB. Synchronous. @throws TemplateRunError */
  render(scope: TemplateScope): string;
}

interface Rendering {
  render(scope: TemplateScope, variables: Map<string, Value> | undefined): string;
  /** Offset of the operation that ran last and may fail; -1: none did. */
  place(): number;
}

type Evaluate = (text: string, scope: TemplateScope, variables: Map<string, Value>) => string;

/** @throws TemplateError with line and column */
export function compileTemplate(source: string, options: TemplateOptions = {}): CompiledTemplate {
  const steps = options.steps ?? DEFAULT_STEPS;
  const template = parse(source);
  const fixed = fixedText(template);
  // One template in five is fixed text, those of MOCK methods nearly always.
  if (fixed !== null) return { render: () => fixed };
  const { rendering, dynamic } = compile(template, source, false);
  return {
    render(scope) {
      const before = refill(steps);
      try {
        return checkText(rendering.render(scope, dynamic ? new Map() : undefined));
      } catch (error) {
        throw runError(error, source, rendering.place());
      } finally {
        restore(before);
      }
    },
  };
}

function parse(source: string): Template {
  if (source.length > MAX_TEMPLATE) {
    throw new TemplateError(`the template has ${source.length} characters, more than ${MAX_TEMPLATE}`, 1, 1);
  }
  return parseTemplate(source);
}

/** What a template without anything to evaluate renders; null: there is something. */
function fixedText({ nodes }: Template): string | null {
  let text = '';
  for (const node of nodes) {
    if (node.kind !== 'text') return null;
    text += node.text;
  }
  return text;
}

/** @param shared variables live in a map the caller brings: for #evaluate */
function compile(
  template: Template,
  source: string,
  shared: boolean,
): { rendering: Rendering; dynamic: boolean } {
  const generated = generate(template, source, shared);
  // Not eval: the function sees its three parameters and nothing else of this module (see codegen.ts on its content).
  const make = new Function('H', 'K', 'E', generated.source) as (
    helpers: typeof HELPERS,
    constants: readonly unknown[],
    evaluate: Evaluate,
  ) => Rendering;
  return { rendering: make(HELPERS, generated.constants, evaluate), dynamic: generated.dynamic };
}

/** Texts given to #evaluate at run time: compiled while a client waits, so they are short and paid for. */
const MAX_EVALUATED = 16_384;
/** A text that evaluates itself. */
const MAX_EVALUATE_DEPTH = 10;
let evaluateDepth = 0;

function evaluate(text: string, scope: TemplateScope, variables: Map<string, Value>): string {
  if (text === '') return '';
  if (text.length > MAX_EVALUATED) throw new CallError(`#evaluate takes at most ${MAX_EVALUATED} characters`);
  if (evaluateDepth >= MAX_EVALUATE_DEPTH)
    throw new CallError(`#evaluate is nested more than ${MAX_EVALUATE_DEPTH} times`);
  spend(2000 + text.length * 4);
  evaluateDepth++;
  try {
    return compile(parse(text), text, true).rendering.render(scope, variables);
  } catch (error) {
    if (error instanceof TemplateError)
      throw new CallError(`in the text given to #evaluate: ${error.message}`);
    throw error;
  } finally {
    evaluateDepth--;
  }
}

function runError(error: unknown, source: string, offset: number): TemplateRunError {
  const { line, column } = offset >= 0 ? placeOf(source, offset) : { line: 0, column: 0 };
  let message: string;
  if (error instanceof CallError || error instanceof BudgetError) message = error.message;
  else if (error instanceof RangeError) {
    // The host's own limits: text of more than 512 MB, or the stack.
    message = `a text grew past ${MAX_TEXT} characters, or values are nested too deeply`;
  } else message = 'the template could not be run';
  return new TemplateRunError(message, line, column, { cause: error });
}
