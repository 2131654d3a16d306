/**
 * A template's tree into the source of a JavaScript function. Measured on the two-level #foreach of the bench (Node 20):
 * 0.58 us generated, 1.5 us as a tree of closures over the same helpers; V8 sees one function with local variables.
 *
 * Nothing of a template enters the source but through `literal` (JSON.stringify) or as a constant handed over beside
 * it; every identifier is made here. In the source: S the scope, B its body, o the output, p the place of the last
 * operation that may fail, F the frame of the running macro, d the depth of macros, v1.. variables, k1.. constants, i1
 * n1 l1 s1 the index, length, elements and saved variable of a loop, t1.. temporaries, m1.. macros, g.. roots.
 */
import { double, integer } from '../java/numbers.js';
import { Names } from '../java/values.js';
import { JsonPath, JsonPathError } from '../jsonpath/path.js';
import { assignments, hasEvaluate } from './analysis.js';
import type { Expression, Macro, Node, Part, Reference, Template } from './ast.js';
import { placeOf, TemplateError } from './errors.js';
import type { Helper } from './helpers.js';
import { PropertyRead } from './runtime/members.js';
import { MethodCall } from './runtime/methods.js';
import { UTIL } from './runtime/roots.js';
import type { ParameterPlace } from './scope.js';

export interface Generated {
  /** Body of a function of (H: helpers, K: constants, E: evaluate) that returns { render(S, V), place() }. */
  source: string;
  constants: unknown[];
  /** The template holds #evaluate: its variables live in a map that evaluated templates share. */
  dynamic: boolean;
}

/** What is known of an expression's value: texts, truth values and small whole numbers need no helper to be printed. */
type Type = 'text' | 'truth' | 'whole' | 'value' | 'nullable';

interface Code {
  code: string;
  type: Type;
}

interface Loop {
  id: number;
  /** The function it stands in: only its own loops can be left by `break`. */
  function: number;
}

/** Texts and references added up in one statement. */
const MAX_PIECES = 12;

const NULL: Code = { code: 'null', type: 'nullable' };
const LOOP_NAMES = new Set(['foreach', 'velocityCount', 'velocityHasNext']);
const ROOTS: ReadonlyMap<string, string> = new Map([
  ['input', '(gi ??= new InputRoot(S))'],
  ['context', '(gc ??= new ContextRoot(S))'],
  ['stageVariables', '(gv ??= stageVariables(S))'],
  ['util', '(gu ??= new UtilRoot())'],
]);
const OVERRIDES = new Set(['requestOverride', 'responseOverride']);

/** @param dynamic keep variables in the map V: for templates with #evaluate, and for those it evaluates */
export function generate(template: Template, source: string, dynamic: boolean): Generated {
  const isDynamic = dynamic || hasEvaluate(template);
  const generator = new Generator(template, source, isDynamic, isDynamic);
  const generated = generator.generate();
  // $foreach turned out to be needed as an object: once more, with loops that make one.
  return generator.needsLoopScopes ? new Generator(template, source, isDynamic, true).generate() : generated;
}

class Generator {
  needsLoopScopes = false;
  private readonly template: Template;
  private readonly source: string;
  private readonly dynamic: boolean;
  private readonly loopScopes: boolean;
  private readonly constants: unknown[] = [];
  private readonly variables = new Map<string, number>();
  private readonly assigned: ReadonlySet<string>;
  private readonly parameters: ReadonlySet<string>;
  private readonly changesContext: boolean;
  private readonly maxPieces: number;
  private readonly macros = new Map<string, number>();
  private readonly used = new Set<Helper>();
  private out: string[] = [];
  private loops: Loop[] = [];
  /** `main`: #stop may return; otherwise it throws. `called`: the body of a macro or block, which #break leaves. */
  private place: 'main' | 'called' | 'text' = 'main';
  private function = 0;
  private counter = 0;
  /** Operations generated so far: what a loop's or macro's body costs. */
  private operations = 0;
  private temporaries = 0;
  private throwsStop = false;
  private captures = false;

  constructor(template: Template, source: string, dynamic: boolean, loopScopes: boolean) {
    this.template = template;
    this.source = source;
    this.dynamic = dynamic;
    this.loopScopes = loopScopes;
    const names = assignments(template);
    this.assigned = names.assigned;
    this.parameters = names.parameters;
    this.changesContext = names.context;
    // What was written before a #stop inside of a block must be in the output by then.
    this.maxPieces = names.stops ? 1 : MAX_PIECES;
    let id = 0;
    for (const name of template.macros.keys()) this.macros.set(name, ++id);
  }

  generate(): Generated {
    const main = this.captured(() => this.nodes(this.template.nodes));
    this.place = 'called';
    const macros = [...this.template.macros.values()].map((macro) => this.macro(macro)).join('');
    const roots = [...this.assigned].filter((name) => ROOTS.has(name) && !this.dynamic);
    const first = roots.map((name) => `${this.variable(name)} = ${this.root(name)};\n`).join('');
    const variables = [...this.variables.values()].map((id) => `, v${id}`).join('');
    const temporaries = Array.from({ length: this.temporaries }, (_, i) => `, t${i + 1}`).join('');
    const capture = this.captures
      ? 'function cap(f) { const s = o; o = ""; try { f(); } catch (e) { o = e === STOP ? s + o : s; throw e; } const r = o; o = s; return r; }\n'
      : '';
    const body = this.throwsStop ? `try {\n${main}} catch (e) { if (e !== STOP) throw e; }\n` : main;
    if (this.throwsStop || this.captures) this.used.add('STOP');
    const helpers = [...this.used].join(', ');
    const constants = this.constants.map((_, i) => `k${i + 1} = K[${i}]`).join(', ');
    return {
      source:
        `"use strict";\nconst { ${helpers} } = H;\n` +
        (constants === '' ? '' : `const ${constants};\n`) +
        'let p = -1;\nfunction render(S, V) {\nconst B = S.body;\n' +
        `let o = "", gi, gc, gv, gu, gp, F = null, d = 0${variables}${temporaries};\n` +
        `p = -1;\n${first}${capture}${macros}${body}return o;\n}\n` +
        'return { render, place() { return p; } };',
      constants: this.constants,
      dynamic: this.dynamic,
    };
  }

  private temporary(): string {
    return `t${++this.temporaries}`;
  }

  private constant(value: unknown): string {
    this.constants.push(value);
    return `k${this.constants.length}`;
  }

  private helper(name: Helper): string {
    this.used.add(name);
    return name;
  }

  private call(name: Helper, ...args: readonly string[]): string {
    this.operations++;
    return `${this.helper(name)}(${args.join(', ')})`;
  }

  /** Statements that `generate` emits, as one text. */
  private captured(generate: () => void): string {
    const outer = this.out;
    this.out = [];
    generate();
    const text = this.out.join('');
    this.out = outer;
    return text;
  }

  /** Steps of the operations emitted by a body: one for every four, at least one. */
  private costed(generate: () => void): { code: string; cost: number } {
    const before = this.operations;
    const code = this.captured(generate);
    return { code, cost: 1 + ((this.operations - before) >> 2) };
  }

  // --- variables ---

  private variable(name: string): string {
    let id = this.variables.get(name);
    if (id === undefined) {
      id = this.variables.size + 1;
      this.variables.set(name, id);
    }
    return `v${id}`;
  }

  private root(name: string): string {
    const code = ROOTS.get(name);
    if (code === undefined) return 'null';
    for (const helper of ['InputRoot', 'ContextRoot', 'stageVariables', 'UtilRoot'] as const) {
      if (code.includes(helper)) this.used.add(helper);
    }
    return code;
  }

  /** The value of a name, wherever it comes from. */
  private read(name: string): string {
    let code: string;
    if (this.dynamic) {
      code = `V.get(${literal(name)})`;
      if (ROOTS.has(name)) code = `(${code} ?? ${this.root(name)})`;
    } else code = this.isVariable(name) ? this.variable(name) : this.root(name);
    if (!this.parameters.has(name)) return code;
    const t = this.temporary();
    return `((${t} = ${this.helper('Frame')}.read(F, ${literal(name)})) === undefined ? ${code} : ${t})`;
  }

  private isVariable(name: string): boolean {
    return this.assigned.has(name) || (LOOP_NAMES.has(name) && this.loopScopes);
  }

  private write(name: string, value: string): string {
    const written = this.parameters.has(name)
      ? `${this.helper('Frame')}.write(F, ${literal(name)}, ${value})`
      : value;
    return this.dynamic ? `V.set(${literal(name)}, ${written});\n` : `${this.variable(name)} = ${written};\n`;
  }

  // --- statements ---

  private nodes(nodes: readonly Node[]): void {
    let pieces: string[] = [];
    const write = (): void => {
      if (pieces.length > 0) this.out.push(`o += ${pieces.join(' + ')};\n`);
      pieces = [];
    };
    for (const node of nodes) {
      if (node.kind === 'text' || node.kind === 'output') {
        // Neighbours are added up before they are added to the output: V8 copies short sums flat, and the fewer parts
        // the output has, the cheaper it is to send.
        const piece = this.piece(node);
        // `(i1) + (n1)` would add numbers.
        if (pieces.length === 0 && piece.startsWith('(')) pieces.push('""');
        pieces.push(piece);
        if (pieces.length >= this.maxPieces) write();
      } else {
        write();
        this.node(node);
      }
    }
    write();
  }

  private piece(node: Node & { kind: 'text' | 'output' }): string {
    this.operations++;
    return node.kind === 'text' ? literal(node.text) : this.text(this.reference(node.reference));
  }

  private node(node: Node): void {
    switch (node.kind) {
      case 'text':
      case 'output':
        this.out.push(`o += ${this.piece(node)};\n`);
        return;
      case 'set':
        this.set(node.target, node.value);
        return;
      case 'if':
        this.if(node);
        return;
      case 'foreach':
        this.foreach(node);
        return;
      case 'define': {
        const { code, cost } = this.inFunction('called', () => this.nodes(node.body));
        this.captures = true;
        const block = `new ${this.helper('Block')}(() => cap(() => {\n${code}}), ${cost})`;
        this.out.push(this.write(node.name, block));
        return;
      }
      case 'call':
        this.macroCall(node);
        return;
      case 'break':
        this.break(node.scope);
        return;
      case 'stop':
        this.stop();
        return;
      case 'evaluate':
        this.out.push(`p = ${node.at};\no += E(${this.textArgument(node.value)}, S, V);\n`);
        this.operations++;
        return;
      case 'resource':
        this.out.push(`p = ${node.at};\n${this.call('noResource', literal(node.name))};\n`);
    }
  }

  /** A body that becomes a function of its own: loops around it are out of reach for #break. */
  private inFunction(place: 'called' | 'text', generate: () => void): { code: string; cost: number } {
    const outerPlace = this.place;
    const outerLoops = this.loops;
    const outerFunction = this.function;
    this.function = ++this.counter;
    this.place = place;
    // A text's function stands where it is written, so $foreach.index still means the loop around it.
    if (place === 'called') this.loops = [];
    const result = this.costed(generate);
    this.place = outerPlace;
    this.loops = outerLoops;
    this.function = outerFunction;
    return result;
  }

  private stop(): void {
    if (this.place === 'main') {
      this.out.push('return o;\n');
      return;
    }
    this.throwsStop = true;
    this.out.push(`throw ${this.helper('STOP')};\n`);
  }

  private break(scope: Reference | null): void {
    if (scope !== null) {
      const parents = scope.parts.every((part) => part.kind === 'property' && part.name === 'parent');
      const loop = scope.root === 'foreach' && parents ? this.loops.at(-1 - scope.parts.length) : undefined;
      if (loop?.function === this.function) this.out.push(`break L${loop.id};\n`);
      else this.out.push(`${this.call('noScope')};\n`);
      return;
    }
    const loop = this.loops.at(-1);
    if (loop?.function === this.function) this.out.push(`break L${loop.id};\n`);
    else if (this.place === 'main') this.stop();
    else this.out.push('return;\n');
  }

  private set(target: Reference, value: Expression): void {
    const result = this.expression(value);
    const last = target.parts.at(-1);
    // A computation without a result leaves the variable as it is; a missing reference is the empty text.
    const missing = result.type === 'nullable' && value.kind !== 'reference';
    const code = result.type === 'nullable' && !missing ? `${result.code} ?? ""` : result.code;
    if (last === undefined) {
      if (!missing) {
        this.out.push(this.write(target.root, code));
        return;
      }
      this.out.push(`{ const t = ${code}; if (t != null) { ${this.write(target.root, 't').trim()} } }\n`);
      return;
    }
    const container = this.reference({ ...target, parts: target.parts.slice(0, -1) }).code;
    const write =
      last.kind === 'index'
        ? this.call('setIndex', container, this.argument(last.index), 't')
        : this.call('setProperty', container, literal(last.kind === 'property' ? last.name : ''), 't');
    this.out.push(`{ const t = ${code}; if (t != null) { p = ${last.at}; ${write}; } }\n`);
  }

  private if(node: Node & { kind: 'if' }): void {
    const [only] = node.branches;
    if (node.branches.length === 1 && only !== undefined) {
      this.out.push(`if (${this.condition(only.condition)}) {\n`);
      this.nodes(only.body);
      if (node.otherwise !== null) {
        this.out.push('} else {\n');
        this.nodes(node.otherwise);
      }
      this.out.push('}\n');
      return;
    }
    // Flat, not `else if` in `else if`: a long chain would be deep for V8's parser.
    const label = `I${++this.counter}`;
    this.out.push(`${label}: {\n`);
    for (const branch of node.branches) {
      this.out.push(`if (${this.condition(branch.condition)}) {\n`);
      this.nodes(branch.body);
      this.out.push(`break ${label};\n}\n`);
    }
    this.nodes(node.otherwise ?? []);
    this.out.push('}\n');
  }

  private foreach(node: Node & { kind: 'foreach' }): void {
    const id = ++this.counter;
    const list = this.expression(node.list).code;
    const saved: string[] = [];
    const restore: string[] = [];
    const names = this.loopScopes
      ? [node.variable, 'foreach', 'velocityCount', 'velocityHasNext']
      : [node.variable];
    names.forEach((name, i) => {
      saved.push(`const s${id}_${i} = ${this.read(name)};\n`);
      restore.push(this.write(name, `s${id}_${i}`));
    });
    this.loops.push({ id, function: this.function });
    const { code, cost } = this.costed(() => this.nodes(node.body));
    this.loops.pop();
    const scope = this.loopScopes
      ? [
          `const c${id} = new ${this.helper('LoopScope')}(s${id}_1, n${id});\n${this.write('foreach', `c${id}`)}`,
          `c${id}.index = i${id};\n${this.write('velocityCount', `i${id} + 1`)}` +
            this.write('velocityHasNext', `i${id} + 1 < n${id}`),
        ]
      : ['', ''];
    this.out.push(
      `p = ${node.at};\nconst l${id} = ${this.call('elements', list)};\nif (l${id} !== null) {\n`,
      `const n${id} = l${id}.length;\n${saved.join('')}${scope[0]}`,
      `L${id}: for (let i${id} = 0; i${id} < n${id}; i${id}++) {\n`,
      `if (l${id}.length !== n${id}) { p = ${node.at}; ${this.call('changed')}; }\n`,
      `p = ${node.at};\n${this.call('pass', `i${id}`, 'o', String(cost))};\n`,
      this.write(node.variable, `l${id}[i${id}]`),
      `${scope[1]}${code}}\n${restore.join('')}}\n`,
    );
  }

  private macro(macro: Macro): string {
    const id = this.macros.get(macro.name) ?? 0;
    const { code, cost } = this.inFunction('called', () => this.nodes(macro.body));
    const enter = this.call('enter', 'd', literal(macro.name), String(cost));
    return `function m${id}(f) { const s = F; d++; try { ${enter}; F = f;\n${code}} finally { F = s; d--; } }\n`;
  }

  private macroCall(node: Node & { kind: 'call' }): void {
    const macro = this.template.macros.get(node.name);
    if (macro === undefined) {
      this.node({ kind: 'text', text: node.literal });
      return;
    }
    const evaluated: string[] = [];
    const byName: string[] = [];
    macro.parameters.forEach((parameter, i) => {
      const argument = node.args[i];
      if (argument === undefined) return;
      const code = this.argument(argument);
      if (argument.kind === 'integer' || argument.kind === 'double' || argument.kind === 'boolean') {
        evaluated.push(`[${literal(parameter)}, ${code}]`);
      } else {
        const thunk = `(f => () => { const s = F; F = f; try { return ${code}; } finally { F = s; } })(F)`;
        byName.push(`[${literal(parameter)}, ${thunk}]`);
      }
    });
    if (node.body !== null) {
      const { body } = node;
      const { code, cost } = this.inFunction('called', () => this.nodes(body));
      this.captures = true;
      evaluated.push(`["bodyContent", new ${this.helper('Block')}(() => cap(() => {\n${code}}), ${cost})]`);
    }
    this.operations++;
    const frame = `new ${this.helper('Frame')}(F, new Map([${evaluated.join(', ')}]), new Map([${byName.join(', ')}]))`;
    this.out.push(`p = ${node.at};\nm${this.macros.get(node.name)}(${frame});\n`);
  }

  // --- expressions ---

  /** Code of a text, for output. Whole numbers and truth values become their text when they are added. */
  private text({ code, type }: Code): string {
    if (type === 'text') return code;
    if (type === 'truth' || type === 'whole') return `(${code})`;
    return this.call('str', code);
  }

  /** Code of a text, to be handed to a function that takes nothing else. */
  private textArgument(expression: Expression): string {
    const value = this.expression(expression);
    return value.type === 'truth' || value.type === 'whole' ? `("" + ${value.code})` : this.text(value);
  }

  /** Code of an argument, operand or element: a missing reference is the empty text. */
  private argument(expression: Expression): string {
    const { code, type } = this.expression(expression);
    return nullAsText(code, type, expression);
  }

  private condition(expression: Expression): string {
    switch (expression.kind) {
      case 'logical':
        return `(${expression.operands.map((operand) => this.condition(operand)).join(` ${expression.operator} `)})`;
      case 'not':
        return `!${this.condition(expression.operand)}`;
      default: {
        const { code, type } = this.expression(expression);
        if (type === 'truth') return code;
        return this.call('truthy', nullAsText(code, type, expression));
      }
    }
  }

  private expression(expression: Expression): Code {
    switch (expression.kind) {
      case 'string':
        return { code: literal(expression.text), type: 'text' };
      case 'template':
        return this.quoted(expression.nodes);
      case 'integer': {
        const value = integer(BigInt(expression.text));
        return typeof value === 'number'
          ? { code: `(${value})`, type: 'whole' }
          : { code: this.constant(value), type: 'value' };
      }
      case 'double':
        return { code: this.constant(double(expression.value)), type: 'value' };
      case 'boolean':
        return { code: String(expression.value), type: 'truth' };
      case 'reference':
        return this.reference(expression.reference);
      case 'list':
        return {
          code: this.call('listOf', `[${expression.items.map((item) => this.argument(item)).join(', ')}]`),
          type: 'value',
        };
      case 'map':
        return this.map(expression.entries);
      case 'range':
        return {
          code: this.call('range', this.argument(expression.from), this.argument(expression.to)),
          type: 'nullable',
        };
      case 'arithmetic':
        return {
          code: this.call(
            ARITHMETIC[expression.operator],
            this.argument(expression.left),
            this.argument(expression.right),
          ),
          type: 'nullable',
        };
      case 'compare':
        return this.compare(expression);
      case 'logical':
      case 'not':
        return { code: this.condition(expression), type: 'truth' };
    }
  }

  private compare(expression: Expression & { kind: 'compare' }): Code {
    const left = this.argument(expression.left);
    const right = this.argument(expression.right);
    const { operator } = expression;
    if (operator === '==') return { code: this.call('equal', left, right), type: 'truth' };
    if (operator === '!=') return { code: `!${this.call('equal', left, right)}`, type: 'truth' };
    return { code: this.call(ORDER[operator], left, right), type: 'truth' };
  }

  /** A text in double quotes. */
  private quoted(nodes: readonly Node[]): Code {
    if (nodes.every((node) => node.kind === 'text' || node.kind === 'output')) {
      const pieces = nodes.map((node) =>
        node.kind === 'output'
          ? this.text(this.reference(node.reference))
          : literal(node.kind === 'text' ? node.text : ''),
      );
      const cost = String(1 + (pieces.length >> 2));
      return { code: this.call('joined', `"" + ${pieces.join(' + ')}`, cost), type: 'text' };
    }
    const { code, cost } = this.inFunction('text', () => this.nodes(nodes));
    this.captures = true;
    return { code: this.call('joined', `cap(() => {\n${code}})`, String(cost)), type: 'text' };
  }

  private map(entries: readonly (readonly [Expression, Expression])[]): Code {
    const keys = entries.map(([key]) => (key.kind === 'string' ? key.text : null));
    const values = entries.map(([, value]) => this.argument(value));
    if (keys.every((key) => key !== null) && new Set(keys).size === keys.length) {
      this.operations += keys.length + 1;
      // Names known here are shared by all maps this literal makes: property reads of them are quick.
      const names = this.constant(new Names(keys, true));
      return { code: `new ${this.helper('JavaMap')}(${names}, [${values.join(', ')}])`, type: 'value' };
    }
    const code = entries.map(([key]) => this.argument(key));
    return { code: this.call('mapOf', `[${code.join(', ')}]`, `[${values.join(', ')}]`), type: 'value' };
  }

  // --- references ---

  private reference(reference: Reference): Code {
    const { root, parts } = reference;
    this.operations++;
    if (!this.parameters.has(root)) {
      const loop =
        LOOP_NAMES.has(root) && !this.isVariable(root) && !this.dynamic ? this.loopMember(root, parts) : null;
      if (loop !== null) return loop;
      if (!this.dynamic && !this.assigned.has(root)) {
        const special = this.special(root, parts);
        if (special !== null) return special;
        if (!ROOTS.has(root) && !this.isVariable(root)) return NULL;
      }
    }
    return this.parts({ code: this.read(root), type: 'nullable' }, parts);
  }

  private parts(start: Code, parts: readonly Part[]): Code {
    let result = start;
    for (const part of parts) result = this.part(result, part);
    return result;
  }

  private part(target: Code, part: Part): Code {
    if (part.kind === 'property') {
      if (part.name === 'class') return { code: this.call('classOf', target.code), type: 'nullable' };
      this.operations++;
      return { code: `${this.constant(new PropertyRead(part.name))}.of(${target.code})`, type: 'nullable' };
    }
    if (part.kind === 'index') {
      return this.guarded(target, [part.index], ([index = '']) =>
        this.placed(part, this.call('at', '@', index)),
      );
    }
    const { name, args } = part;
    return this.guarded(target, args, (codes) => {
      this.operations += 2;
      const call = this.constant(new MethodCall(name, args.length));
      const list = ['@', ...codes].join(', ');
      if (args.length > 2) return this.placed(part, `${call}.callMany(@, [${codes.join(', ')}])`);
      return this.placed(part, `${call}.call${args.length}(${list})`);
    });
  }

  private placed(part: Part, code: string): string {
    return `(p = ${part.at}, ${code})`;
  }

  /**
   * An operation on a target, `@` in the code `make` returns. Velocity does not look at arguments when the target is
   * missing; that only shows when they do something, so only then is it asked first.
   */
  private guarded(
    target: Code,
    args: readonly Expression[],
    make: (codes: readonly string[]) => string,
  ): Code {
    const codes = args.map((arg) => this.argument(arg));
    const code = make(codes);
    if (!args.some(acts)) return { code: code.replace('@', () => target.code), type: 'nullable' };
    const t = this.temporary();
    return { code: `((${t} = ${target.code}) == null ? null : ${code.replace('@', t)})`, type: 'nullable' };
  }

  /** `$foreach.index` and its like inside the loop they mean; null: an object is needed. */
  private loopMember(root: string, parts: readonly Part[]): Code | null {
    let depth = 0;
    let rest = parts;
    while (root === 'foreach' && rest[0]?.kind === 'property' && rest[0].name === 'parent') {
      rest = rest.slice(1);
      depth++;
    }
    const loop = this.loops.at(-1 - depth);
    // Outside of any loop there is none; in macros and blocks there may be one around the caller.
    if (loop === undefined) {
      if (this.place !== 'called') return NULL;
      this.needsLoopScopes = true;
      return NULL;
    }
    const { id } = loop;
    if (root === 'velocityCount') return this.parts({ code: `(i${id} + 1)`, type: 'whole' }, rest);
    if (root === 'velocityHasNext') return this.parts({ code: `(i${id} + 1 < n${id})`, type: 'truth' }, rest);
    const [member] = rest;
    const name =
      member?.kind === 'property'
        ? member.name
        : member?.kind === 'call' && member.args.length === 0
          ? `${member.name}()`
          : '';
    const simple = LOOP_MEMBERS.get(name);
    if (simple === undefined) {
      this.needsLoopScopes = true;
      return NULL;
    }
    return this.parts(
      { code: simple.code.replaceAll('#', () => String(id)), type: simple.type },
      rest.slice(1),
    );
  }

  /** The usual forms of `$input`, `$context`, `$stageVariables` and `$util`, straight from the scope. */
  private special(root: string, parts: readonly Part[]): Code | null {
    const [first] = parts;
    if (first === undefined) return null;
    switch (root) {
      case 'input':
        return this.input(first, parts.slice(1));
      case 'context':
        return this.context(parts);
      case 'stageVariables': {
        const name = memberName(first);
        if (name === null || name === 'class') return null;
        return this.parts(
          { code: this.call('stageVariable', 'S', literal(name)), type: 'nullable' },
          parts.slice(1),
        );
      }
      case 'util':
        return this.util(first, parts.slice(1));
      default:
        return null;
    }
  }

  private input(first: Part, rest: readonly Part[]): Code | null {
    if (first.kind === 'property') {
      return first.name === 'body' ? this.parts({ code: 'B.text', type: 'text' }, rest) : null;
    }
    if (first.kind !== 'call') return null;
    const [argument] = first.args;
    if (first.name === 'params' && argument === undefined) return this.params(rest);
    if (argument === undefined || first.args.length > 1) return null;
    if (first.name === 'params') {
      return this.parts({ code: this.call('param', 'S', this.argument(argument)), type: 'text' }, rest);
    }
    if (first.name !== 'path' && first.name !== 'json') return null;
    const type = first.name === 'json' ? 'text' : 'nullable';
    if (argument.kind === 'string') {
      const path = this.constant(this.jsonPath(argument.text, first.at));
      this.operations++;
      return this.parts({ code: `(p = ${first.at}, B.${first.name}(${path}))`, type }, rest);
    }
    const helper = first.name === 'json' ? 'inputJson' : 'inputPath';
    return this.parts(
      { code: this.placed(first, this.call(helper, 'S', this.argument(argument))), type },
      rest,
    );
  }

  private jsonPath(source: string, at: number): JsonPath {
    try {
      return new JsonPath(source);
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      const { line, column } = placeOf(this.source, at);
      throw new TemplateError(error.message, line, column);
    }
  }

  private params(rest: readonly Part[]): Code {
    const [place, member] = rest;
    const placeName = place === undefined ? null : memberName(place);
    const name = member === undefined ? null : memberName(member);
    if (isPlace(placeName) && name !== null && name !== 'class') {
      const code = this.call('paramIn', 'S', literal(placeName), literal(name));
      return this.parts({ code, type: 'nullable' }, rest.slice(2));
    }
    return this.parts({ code: `(gp ??= ${this.call('params', 'S')})`, type: 'value' }, rest);
  }

  private context(parts: readonly Part[]): Code | null {
    const names: string[] = [];
    for (const part of parts) {
      const name = memberName(part);
      if (name === null || name === 'class') break;
      names.push(name);
    }
    const [first] = names;
    // A template that puts members of its own there needs the object that keeps them.
    if (first === undefined || (this.changesContext && !OVERRIDES.has(first))) return null;
    if (OVERRIDES.has(first)) {
      return this.parts(
        { code: this.call('contextMember', 'S', literal(first)), type: 'nullable' },
        parts.slice(1),
      );
    }
    const code = this.call('contextPath', 'S', this.constant(names));
    return this.parts({ code, type: 'nullable' }, parts.slice(names.length));
  }

  private util(first: Part, rest: readonly Part[]): Code | null {
    const [argument] = first.kind === 'call' ? first.args : [];
    if (first.kind !== 'call' || argument === undefined || first.args.length > 1) return null;
    const use = UTIL.get(first.name);
    if (use === undefined) return NULL;
    this.operations += 2;
    const code = this.placed(first, `${this.constant(use)}(${this.textArgument(argument)})`);
    return this.parts({ code, type: first.name === 'parseJson' ? 'nullable' : 'text' }, rest);
  }
}

const LOOP_MEMBERS: ReadonlyMap<string, Code> = new Map<string, Code>([
  ['index', { code: 'i#', type: 'whole' }],
  ['getIndex()', { code: 'i#', type: 'whole' }],
  ['count', { code: '(i# + 1)', type: 'whole' }],
  ['getCount()', { code: '(i# + 1)', type: 'whole' }],
  ['hasNext', { code: '(i# + 1 < n#)', type: 'truth' }],
  ['hasNext()', { code: '(i# + 1 < n#)', type: 'truth' }],
  ['first', { code: '(i# === 0)', type: 'truth' }],
  ['isFirst()', { code: '(i# === 0)', type: 'truth' }],
  ['last', { code: '(i# + 1 === n#)', type: 'truth' }],
  ['isLast()', { code: '(i# + 1 === n#)', type: 'truth' }],
]);

const ARITHMETIC = { '+': 'add', '-': 'subtract', '*': 'multiply', '/': 'divide', '%': 'modulo' } as const;
const ORDER = { '<': 'less', '<=': 'lessOrEqual', '>': 'greater', '>=': 'greaterOrEqual' } as const;

function nullAsText(code: string, type: Type, expression: Expression): string {
  return type === 'nullable' && expression.kind === 'reference' ? `(${code} ?? "")` : code;
}

/** The only way a template's text gets into generated source. */
function literal(text: string): string {
  return JSON.stringify(text);
}

/** The name in `.name`, `["name"]` and `.get("name")`; null: it is another member, or known only at run time. */
function memberName(part: Part): string | null {
  if (part.kind === 'property') return part.name;
  if (part.kind === 'index') return part.index.kind === 'string' ? part.index.text : null;
  const [argument] = part.args;
  return part.name === 'get' && part.args.length === 1 && argument?.kind === 'string' ? argument.text : null;
}

function isPlace(name: string | null): name is ParameterPlace {
  return name === 'path' || name === 'querystring' || name === 'header';
}

/** True when evaluating it may change something or fail. */
function acts(expression: Expression): boolean {
  switch (expression.kind) {
    case 'reference':
      return expression.reference.parts.length > 0;
    case 'string':
    case 'integer':
    case 'double':
    case 'boolean':
      return false;
    default:
      return true;
  }
}
