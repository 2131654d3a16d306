/**
 * CloudFormation's functions in a document that was cut out of a template. What needs no stack is resolved
 * (`Fn::Sub`, `Fn::Join` and `Ref` with AWS pseudo parameters and given variables); the rest gets the reason.
 */
import { findEntry, type Node } from './source-tree.js';
import { pseudoParameter, type Substitutions } from './substitution.js';

/** Names what has to be replaced. */
export interface Unresolved {
  readonly message: string;
}

/** A function inside a function could multiply its text without end; no template or URI is longer. */
const MAX_RESULT = 1024 * 1024;
const SUB_NAME = /\$\{([^{}$]*)\}/g;

/** Undefined when the node is no function. */
export function resolveFunction(node: Node, values: Substitutions): string | Unresolved | undefined {
  const call = functionCall(node);
  if (call === undefined) return undefined;
  switch (call.name) {
    case 'Ref':
    case 'Fn::GetAtt':
      return known(operand(call.argument), values) ?? unresolved(call.name, operand(call.argument));
    case 'Fn::Sub':
      return substitute(call.argument, values);
    case 'Fn::Join':
      return join(call.argument, values);
    default:
      return unresolved(call.name, '');
  }
}

interface FunctionCall {
  readonly name: string;
  readonly argument: Node;
}

function functionCall(node: Node): FunctionCall | undefined {
  const entry = node.kind === 'map' && node.entries.length === 1 ? node.entries[0] : undefined;
  if (entry === undefined) return undefined;
  const { key, value } = entry;
  const isFunction =
    key.startsWith('Fn::') || ((key === 'Ref' || key === 'Condition') && value.kind === 'scalar');
  return isFunction ? { name: key, argument: value } : undefined;
}

function scalarText(node: Node | undefined): string {
  return node?.kind === 'scalar' ? node.text : '';
}

/** `Name`, `Name.Attribute` or `[Name, Attribute]`. */
function operand(argument: Node): string {
  return argument.kind === 'list' ? argument.items.map(scalarText).join('.') : scalarText(argument);
}

function known(name: string, values: Substitutions): string | undefined {
  return values.variables.get(name) ?? pseudoParameter(name, values);
}

/** A text, or `[text, {name: value}]` with values that are texts or references. */
function substitute(argument: Node, values: Substitutions): string | Unresolved {
  const template = argument.kind === 'list' ? scalarText(argument.items[0]) : scalarText(argument);
  const own = argument.kind === 'list' ? argument.items[1] : undefined;
  let missing: string | undefined;
  let length = template.length;
  const result = template.replace(SUB_NAME, (_whole, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    const value = ownValue(own, name, values) ?? known(name, values);
    if (value === undefined) missing ??= name;
    length += value?.length ?? 0;
    return length > MAX_RESULT ? '' : (value ?? '');
  });
  if (missing !== undefined) return unresolved('Fn::Sub', `\${${missing}}`);
  return length > MAX_RESULT ? tooLong('Fn::Sub') : result;
}

function ownValue(own: Node | undefined, name: string, values: Substitutions): string | undefined {
  const value = own?.kind === 'map' ? findEntry(own, name)?.value : undefined;
  if (value === undefined) return undefined;
  if (value.kind === 'scalar') return value.text;
  const call = functionCall(value);
  return call?.name === 'Ref' ? known(operand(call.argument), values) : undefined;
}

function join(argument: Node, values: Substitutions): string | Unresolved {
  const parts = argument.kind === 'list' ? argument.items[1] : undefined;
  if (argument.kind !== 'list' || parts?.kind !== 'list') return unresolved('Fn::Join', '');
  const separator = scalarText(argument.items[0]);
  let joined = '';
  for (const [index, part] of parts.items.entries()) {
    const result = part.kind === 'scalar' ? part.text : resolveFunction(part, values);
    if (result === undefined) return unresolved('Fn::Join', '');
    if (typeof result !== 'string') return result;
    joined += index === 0 ? result : separator + result;
    if (joined.length > MAX_RESULT) return tooLong('Fn::Join');
  }
  return joined;
}

function unresolved(name: string, operandText: string): Unresolved {
  const shown = operandText.length > 80 ? `${operandText.slice(0, 77)}...` : operandText;
  const subject = shown === '' ? name : `${name} of ${shown}`;
  return { message: `${subject} is only known to a CloudFormation stack: replace it by its value.` };
}

function tooLong(name: string): Unresolved {
  return { message: `The result of ${name} is longer than ${MAX_RESULT} characters: shorten it.` };
}
