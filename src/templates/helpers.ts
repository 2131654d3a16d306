/**
 * Everything a compiled template can name besides its own variables. Generated code takes these and its constants as
 * parameters; it is made by `new Function`, so it sees no module of the host, and the names of globals never occur in it.
 */
import { textOf } from '../java/text.js';
import { JavaMap, type Value } from '../java/values.js';
import {
  Block,
  changed,
  enter,
  Frame,
  LoopScope,
  noResource,
  noScope,
  pass,
  STOP,
} from './runtime/control.js';
import { at, classOf, elements, mapOf, setIndex, setProperty } from './runtime/members.js';
import {
  add,
  divide,
  equal,
  greater,
  greaterOrEqual,
  joined,
  less,
  lessOrEqual,
  listOf,
  modulo,
  multiply,
  range,
  subtract,
  truthy,
} from './runtime/operators.js';
import {
  ContextRoot,
  contextMember,
  contextPath,
  InputRoot,
  inputJson,
  inputPath,
  param,
  paramIn,
  params,
  stageVariable,
  stageVariables,
  UtilRoot,
} from './runtime/roots.js';

/** The text of a value, in compiled code: most values are texts. */
function str(value: Value): string {
  return typeof value === 'string' ? value : textOf(value);
}

export const HELPERS = {
  str,
  truthy,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  equal,
  less,
  lessOrEqual,
  greater,
  greaterOrEqual,
  range,
  listOf,
  mapOf,
  joined,
  at,
  classOf,
  elements,
  setIndex,
  setProperty,
  pass,
  changed,
  enter,
  noResource,
  noScope,
  STOP,
  Block,
  Frame,
  LoopScope,
  JavaMap,
  InputRoot,
  ContextRoot,
  UtilRoot,
  inputPath,
  inputJson,
  param,
  paramIn,
  params,
  contextMember,
  contextPath,
  stageVariable,
  stageVariables,
} as const;

export type Helper = keyof typeof HELPERS;
