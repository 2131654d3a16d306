/** What a template consists of, once parsed. Offsets (`at`) count UTF-16 units of the template as it was given. */

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'output'; reference: Reference }
  | { kind: 'set'; target: Reference; value: Expression; at: number }
  | { kind: 'if'; branches: readonly Branch[]; otherwise: readonly Node[] | null }
  | { kind: 'foreach'; variable: string; list: Expression; body: readonly Node[]; at: number }
  | { kind: 'define'; name: string; body: readonly Node[] }
  | {
      kind: 'call';
      name: string;
      args: readonly Expression[];
      /** Block of `#@name(...)...#end`. */
      body: readonly Node[] | null;
      /** Source text, which is printed when no such macro exists. */
      literal: string;
      at: number;
    }
  | { kind: 'break'; scope: Reference | null; at: number }
  | { kind: 'stop' }
  | { kind: 'evaluate'; value: Expression; at: number }
  /** `#include` and `#parse`: there is nothing to include. */
  | { kind: 'resource'; name: string; at: number };

export interface Branch {
  condition: Expression;
  body: readonly Node[];
}

export interface Macro {
  name: string;
  parameters: readonly string[];
  body: readonly Node[];
}

export interface Reference {
  root: string;
  parts: readonly Part[];
  at: number;
}

export type Part =
  | { kind: 'property'; name: string; at: number }
  | { kind: 'index'; index: Expression; at: number }
  | { kind: 'call'; name: string; args: readonly Expression[]; at: number };

export type Arithmetic = '+' | '-' | '*' | '/' | '%';
export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>=';
export type Logical = '&&' | '||';

export type Expression =
  | { kind: 'string'; text: string }
  /** A text in double quotes with references or directives in it. */
  | { kind: 'template'; nodes: readonly Node[] }
  | { kind: 'integer'; text: string }
  | { kind: 'double'; value: number }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'reference'; reference: Reference }
  | { kind: 'list'; items: readonly Expression[] }
  | { kind: 'map'; entries: readonly (readonly [Expression, Expression])[] }
  | { kind: 'range'; from: Expression; to: Expression }
  | { kind: 'arithmetic'; operator: Arithmetic; left: Expression; right: Expression; at: number }
  | { kind: 'compare'; operator: Comparison; left: Expression; right: Expression }
  | { kind: 'logical'; operator: Logical; operands: readonly Expression[] }
  | { kind: 'not'; operand: Expression };

export interface Template {
  nodes: readonly Node[];
  /** By name; of equal names the last definition counts, wherever it stands. */
  macros: ReadonlyMap<string, Macro>;
}
