/**
 * The Velocity 1.7 language into a tree. One pass over the characters: what is text and what is a token depends on the
 * place, so there is no token list. White space is kept exactly as Velocity keeps it:
 *
 * - a closing `)` of a directive, `#end` and `#else` take blanks up to and including a line end with them;
 * - `#set` also takes blanks before it, but only when they follow directly on another reference, directive or comment:
 *   blanks at the end of plain text belong to the text;
 * - a line comment takes its line end.
 */
import type {
  Arithmetic,
  Branch,
  Comparison,
  Expression,
  Macro,
  Node,
  Part,
  Reference,
  Template,
} from './ast.js';
import { placeOf, TemplateError } from './errors.js';

/** Directives, expressions and texts inside each other: far above any real template, far below any stack. */
export const MAX_DEPTH = 100;

/** Operands of one `+` or `&&` chain, members of one reference: each is one level in the compiled expression. */
const MAX_CHAIN = 200;

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_-]*/y;
const DIRECTIVE = /#(?:\{([A-Za-z_][A-Za-z0-9_@]*)\}|([A-Za-z_@][A-Za-z0-9_@]*))/y;
const SET = /[ \t]*#(?:set|\{set\})[ \t]*\(/y;
const LINE_END = /[ \t]*(?:\r\n|\n|\r)/y;
const NUMBER = /-?(?:\d+\.(?!\.)\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+)/y;
const TEXT = /[^$#\\]+/y;
const BACKSLASHES = /\\+/y;
const BLANKS = /[ \t\r\n]*/y;
const BARE_WORD = /[A-Za-z_][A-Za-z0-9_-]*(?=[ \t\r\n]*[,)])/y;

const CONTROL = new Set(['if', 'elseif', 'else', 'end', 'set']);
const BUILT_IN = new Set([
  'foreach',
  'macro',
  'define',
  'evaluate',
  'literal',
  'include',
  'parse',
  'break',
  'stop',
]);

const EVALUABLE: ReadonlySet<string> = new Set(['string', 'template', 'reference']);

/** State that texts in double quotes share with the template around them. */
interface Shared {
  /** The template as it was given, for places. */
  readonly original: string;
  readonly macros: Map<string, Macro>;
  depth: number;
}

/** @throws TemplateError */
export function parseTemplate(original: string): Template {
  // As Java trims: characters up to U+0020.
  let start = 0;
  let end = original.length;
  while (start < end && original.charCodeAt(start) <= 32) start++;
  while (end > start && original.charCodeAt(end - 1) <= 32) end--;
  const shared: Shared = { original, macros: new Map(), depth: 0 };
  const parser = new Parser(original.slice(start, end), shared, (offset) => start + offset);
  return { nodes: parser.template(), macros: shared.macros };
}

type End = 'end' | 'else' | 'elseif' | 'eof';

class Parser {
  private readonly source: string;
  private readonly shared: Shared;
  /** Offset in the original of an offset in `source`. */
  private readonly place: (offset: number) => number;
  private at = 0;

  constructor(source: string, shared: Shared, place: (offset: number) => number) {
    this.source = source;
    this.shared = shared;
    this.place = place;
  }

  template(): Node[] {
    const { nodes, end, from } = this.block();
    if (end !== 'eof') throw this.error(`#${end} closes nothing: remove it or open a block before it`, from);
    return nodes;
  }

  private error(message: string, at = this.at): TemplateError {
    const { line, column } = placeOf(this.shared.original, this.place(at));
    return new TemplateError(message, line, column);
  }

  private nested<T>(parse: () => T): T {
    if (++this.shared.depth > MAX_DEPTH) {
      throw this.error(
        `more than ${MAX_DEPTH} levels of directives and expressions; split the template with #macro`,
      );
    }
    const result = parse();
    this.shared.depth--;
    return result;
  }

  /** The text a sticky expression matches here, consumed; null: it does not match. */
  private take(expression: RegExp): string | null {
    expression.lastIndex = this.at;
    const match = expression.exec(this.source);
    if (match === null) return null;
    this.at = expression.lastIndex;
    return match[0];
  }

  private char(offset = 0): string {
    return this.source.charAt(this.at + offset);
  }

  /** Statements up to `#end`, `#else`, `#elseif` or the end of the source, whichever comes; the directive is consumed. */
  private block(): { nodes: Node[]; end: End; from: number } {
    const nodes: Node[] = [];
    for (;;) {
      if (this.at >= this.source.length) return { nodes, end: 'eof', from: this.at };
      const char = this.char();
      if (char === '$') this.dollar(nodes, 0);
      else if (char === '\\') this.backslashes(nodes);
      else if (char === '#') {
        const from = this.at;
        const end = this.hash(nodes);
        if (end !== null) return { nodes, end, from };
      } else if ((char === ' ' || char === '\t') && this.isSet()) this.set(nodes);
      else addText(nodes, this.take(TEXT) ?? '');
    }
  }

  /** A block that must end in `#end`. */
  private body(name: string, from: number): Node[] {
    const { nodes, end, from: at } = this.nested(() => this.block());
    if (end === 'eof') throw this.error(`#${name} is not closed: add #end`, from);
    if (end !== 'end') throw this.error(`#${end} belongs to no #if`, at);
    return nodes;
  }

  // --- references and escapes in text ---

  /** @param slashes backslashes before the `$`, already consumed */
  private dollar(nodes: Node[], slashes: number): void {
    const from = this.at;
    const reference = this.reference();
    if (reference === null) {
      this.at = from + 1;
      addText(nodes, `${'\\'.repeat(slashes)}$`);
      return;
    }
    addText(nodes, '\\'.repeat(slashes >> 1));
    // An odd backslash makes the reference plain text. Velocity does so for known references only; here all are known.
    if (slashes % 2 === 1) addText(nodes, this.source.slice(from, this.at));
    else nodes.push({ kind: 'output', reference });
  }

  private backslashes(nodes: Node[]): void {
    const slashes = this.take(BACKSLASHES)?.length ?? 0;
    const next = this.char();
    if (next === '$') {
      this.dollar(nodes, slashes);
      return;
    }
    DIRECTIVE.lastIndex = this.at;
    const match = next === '#' ? DIRECTIVE.exec(this.source) : null;
    const name = match?.[1] ?? match?.[2] ?? '';
    const known = BUILT_IN.has(name) || this.shared.macros.has(name);
    if (match !== null && slashes % 2 === 1) {
      this.at += match[0].length;
      addText(
        nodes,
        known || CONTROL.has(name) ? '\\'.repeat(slashes >> 1) + match[0] : '\\'.repeat(slashes) + match[0],
      );
      return;
    }
    // An even number in front of a directive is halved, as Velocity does; not in front of #set, as it does not.
    const halved = match !== null && (known || (CONTROL.has(name) && name !== 'set'));
    addText(nodes, '\\'.repeat(halved ? slashes / 2 : slashes));
  }

  // --- directives ---

  /** Anything that begins with `#`. Returns how the block ends here, null: it does not. */
  private hash(nodes: Node[]): End | null {
    const next = this.char(1);
    if (next === '#') {
      this.lineComment();
      return null;
    }
    if (next === '*') {
      // One that is not closed reaches to the end, as in Velocity.
      const end = this.source.indexOf('*#', this.at + 2);
      this.at = end < 0 ? this.source.length : end + 2;
      return null;
    }
    if (next === '[' && this.char(2) === '[') {
      const end = this.source.indexOf(']]#', this.at + 3);
      if (end < 0) throw this.error('the text block #[[ is not closed: add ]]#');
      addText(nodes, this.source.slice(this.at + 3, end));
      this.at = end + 3;
      return null;
    }
    if (this.isSet()) {
      this.set(nodes);
      return null;
    }
    const from = this.at;
    DIRECTIVE.lastIndex = from;
    const match = DIRECTIVE.exec(this.source);
    if (match === null) {
      this.at++;
      addText(nodes, '#');
      return null;
    }
    this.at = DIRECTIVE.lastIndex;
    const name = match[1] ?? match[2] ?? '';
    switch (name) {
      case 'end':
      case 'else':
        this.take(LINE_END);
        return name;
      case 'elseif':
        return name;
      case 'if':
        this.if(nodes, from);
        return null;
      case 'foreach':
        this.foreach(nodes, from);
        return null;
      case 'macro':
        this.macro(from);
        return null;
      case 'define':
        this.define(nodes, from);
        return null;
      case 'literal':
        this.literal(nodes, from);
        return null;
      case 'evaluate':
        this.evaluate(nodes, from);
        return null;
      case 'include':
      case 'parse':
        if (this.opens()) this.args(name, from);
        nodes.push({ kind: 'resource', name, at: this.place(from) });
        return null;
      case 'break':
      case 'stop':
        this.leave(nodes, name, from);
        return null;
      default:
        this.call(nodes, name, from);
        return null;
    }
  }

  private lineComment(): void {
    const end = /[\r\n]/g;
    end.lastIndex = this.at;
    const match = end.exec(this.source);
    this.at = match === null ? this.source.length : match.index;
    if (match !== null) this.take(LINE_END);
  }

  private isSet(): boolean {
    SET.lastIndex = this.at;
    return SET.test(this.source);
  }

  private set(nodes: Node[]): void {
    const from = this.at;
    this.take(SET);
    this.blanks();
    const target = this.reference();
    if (target === null) throw this.error('#set needs a reference to assign to, as in #set($name = "value")');
    if (target.parts.at(-1)?.kind === 'call')
      throw this.error('#set cannot assign to the result of a method call', from);
    this.blanks();
    if (this.char() !== '=' || this.char(1) === '=') throw this.error("#set needs '=' after its reference");
    this.at++;
    const value = this.nested(() => this.expression());
    this.close('#set');
    nodes.push({ kind: 'set', target, value, at: this.place(from) });
  }

  private if(nodes: Node[], from: number): void {
    const branches: Branch[] = [];
    let otherwise: Node[] | null = null;
    let name = 'if';
    for (;;) {
      this.open(`#${name}`);
      const condition = this.nested(() => this.expression());
      this.close(`#${name}`);
      const { nodes: body, end, from: at } = this.nested(() => this.block());
      branches.push({ condition, body });
      if (end === 'eof') throw this.error('#if is not closed: add #end', from);
      if (end === 'end') break;
      if (end === 'else') {
        otherwise = this.body('else', at);
        break;
      }
      name = 'elseif';
    }
    nodes.push({ kind: 'if', branches, otherwise });
  }

  private foreach(nodes: Node[], from: number): void {
    this.open('#foreach');
    this.blanks();
    const variable = this.reference();
    if (variable === null) throw this.error('#foreach needs a loop variable, as in #foreach($item in $list)');
    this.blanks();
    if (this.take(IDENTIFIER) !== 'in') throw this.error("#foreach needs 'in' after its loop variable");
    const list = this.nested(() => this.expression());
    this.blanks();
    // Anything further is read and ignored, as Velocity does.
    while (this.char() !== ')' && this.at < this.source.length) this.argument('#foreach');
    this.close('#foreach');
    const body = this.body('foreach', from);
    nodes.push({ kind: 'foreach', variable: variable.root, list, body, at: this.place(from) });
  }

  private macro(from: number): void {
    if (!this.opens())
      throw this.error('#macro needs a name in parentheses, as in #macro(name $argument)', from);
    this.open('#macro');
    this.blanks();
    const name = /[A-Za-z_@][A-Za-z0-9_@]*/y;
    const macro = this.take(name);
    if (macro === null) throw this.error('#macro needs a name without quotes, as in #macro(name $argument)');
    const parameters: string[] = [];
    for (;;) {
      this.separator();
      if (this.char() === ')') break;
      const parameter = this.reference();
      if (parameter === null)
        throw this.error('#macro takes references as parameters, as in #macro(name $argument)');
      parameters.push(parameter.root);
    }
    this.close('#macro');
    const body = this.body('macro', from);
    this.shared.macros.set(macro, { name: macro, parameters, body });
  }

  private define(nodes: Node[], from: number): void {
    this.open('#define');
    this.blanks();
    const variable = this.reference();
    if (variable === null) throw this.error('#define needs a reference, as in #define($block)');
    this.close('#define');
    nodes.push({ kind: 'define', name: variable.root, body: this.body('define', from) });
  }

  /** `#literal()...#end`: its source, which has to be well-formed all the same. */
  private literal(nodes: Node[], from: number): void {
    this.open('#literal');
    this.close('#literal');
    const start = this.at;
    const { end, from: stop } = this.nested(() => this.block());
    if (end !== 'end') throw this.error('#literal is not closed: add #end', from);
    addText(nodes, this.source.slice(start, stop));
  }

  private evaluate(nodes: Node[], from: number): void {
    const args = this.opens() ? this.args('#evaluate', from) : [];
    const [value] = args;
    if (value === undefined || args.length > 1 || !EVALUABLE.has(value.kind)) {
      throw this.error('#evaluate takes one text or reference', from);
    }
    nodes.push({ kind: 'evaluate', value, at: this.place(from) });
  }

  private leave(nodes: Node[], name: 'break' | 'stop', from: number): void {
    const args = this.opens() ? this.args(`#${name}`, from) : [];
    if (name === 'stop') {
      nodes.push({ kind: 'stop' });
      return;
    }
    const [scope] = args;
    if (scope !== undefined && scope.kind !== 'reference') {
      throw this.error('#break takes a scope, as in #break($foreach)', from);
    }
    nodes.push({ kind: 'break', scope: scope?.reference ?? null, at: this.place(from) });
  }

  /** A macro call, or text that looks like one: which it is, is known when all macros are. */
  private call(nodes: Node[], name: string, from: number): void {
    const isBlock = name.startsWith('@');
    if (!this.opens()) {
      const literal = this.source.slice(from, this.at);
      if (isBlock) addText(nodes, literal);
      else nodes.push({ kind: 'call', name, args: [], body: null, literal, at: this.place(from) });
      return;
    }
    const args = this.args(`#${name}`, from);
    const body = isBlock ? this.body(name, from) : null;
    const macro = isBlock ? name.slice(1) : name;
    nodes.push({
      kind: 'call',
      name: macro,
      args,
      body,
      literal: this.source.slice(from, this.at),
      at: this.place(from),
    });
  }

  /** True when blanks and `(` follow; nothing is consumed. */
  private opens(): boolean {
    const opening = /[ \t\r\n]*\(/y;
    opening.lastIndex = this.at;
    return opening.test(this.source);
  }

  private open(name: string): void {
    this.blanks();
    if (this.char() !== '(') throw this.error(`${name} needs '(' after it`);
    this.at++;
  }

  private close(name: string): void {
    this.blanks();
    if (this.char() !== ')') throw this.unexpected(`${name} is not closed: expected ')'`);
    this.at++;
    this.take(LINE_END);
  }

  private unexpected(message: string): TemplateError {
    const rest = this.source.slice(this.at, this.at + 20);
    return this.error(
      `${message} instead of ${rest === '' ? 'the end of the template' : JSON.stringify(rest)}`,
    );
  }

  private args(name: string, from: number): Expression[] {
    this.open(name);
    const args: Expression[] = [];
    for (;;) {
      this.separator();
      if (this.char() === ')' || this.at >= this.source.length) break;
      if (args.length >= MAX_CHAIN) throw this.error(`${name} has more than ${MAX_CHAIN} arguments`, from);
      args.push(this.argument(name));
    }
    this.close(name);
    return args;
  }

  /** An argument of a directive; a bare word counts as a text, so that `#name(word)` of no macro can print as it is. */
  private argument(name: string): Expression {
    this.separator();
    const word = /[A-Za-z_][A-Za-z0-9_@]*/y;
    const text = this.take(word);
    if (text === 'true' || text === 'false') return { kind: 'boolean', value: text === 'true' };
    if (text !== null) return { kind: 'string', text };
    const before = this.at;
    const argument = this.nested(() => this.primary());
    if (this.at === before) throw this.unexpected(`${name}: expected an argument or ')'`);
    return argument;
  }

  private separator(): void {
    this.blanks();
    if (this.char() === ',') {
      this.at++;
      this.blanks();
    }
  }

  private blanks(): void {
    this.take(BLANKS);
  }

  // --- references ---

  /** Null, and nothing consumed: what stands here is no reference but text. */
  private reference(): Reference | null {
    const from = this.at;
    if (this.char() !== '$') return null;
    this.at++;
    if (this.char() === '!') this.at++;
    const formal = this.char() === '{';
    if (formal) this.at++;
    const root = this.take(IDENTIFIER);
    if (root === null || (!formal && (root === 'true' || root === 'false'))) {
      this.at = from;
      return null;
    }
    const parts = this.nested(() => this.parts());
    if (formal) {
      if (this.char() !== '}') {
        throw this.unexpected(
          `\${${root} is not closed: expected '}' (a placeholder of a deployment tool has to be filled in before)`,
        );
      }
      this.at++;
    }
    return { root, parts, at: this.place(from) };
  }

  private parts(): Part[] {
    const parts: Part[] = [];
    for (;;) {
      const at = this.place(this.at);
      if (parts.length > MAX_CHAIN)
        throw this.error(`a reference has more than ${MAX_CHAIN} members; use #set in between`);
      if (this.char() === '[') {
        this.at++;
        const index = this.expression();
        if (this.char() !== ']') throw this.unexpected("an index is not closed: expected ']'");
        this.at++;
        parts.push({ kind: 'index', index, at });
      } else if (this.char() === '.' && /[A-Za-z]/.test(this.char(1))) {
        this.at++;
        const name = this.take(IDENTIFIER) ?? '';
        if (this.char() === '(') parts.push({ kind: 'call', name, args: this.parameters(name), at });
        else parts.push({ kind: 'property', name, at });
      } else return parts;
    }
  }

  private parameters(name: string): Expression[] {
    this.at++;
    this.blanks();
    const args: Expression[] = [];
    if (this.char() === ')') {
      this.at++;
      return args;
    }
    for (;;) {
      if (args.length >= MAX_CHAIN) throw this.error(`${name}() has more than ${MAX_CHAIN} arguments`);
      args.push(this.parameter());
      if (this.char() === ')') {
        this.at++;
        return args;
      }
      if (this.char() !== ',') throw this.unexpected(`${name}(: expected ',' or ')'`);
      this.at++;
    }
  }

  /** A bare word among the arguments of a method is a reference without its `$` to Velocity: it is never there. */
  private parameter(): Expression {
    this.blanks();
    const word = this.take(BARE_WORD);
    if (word === null) return this.expression();
    this.blanks();
    return word === 'true' || word === 'false'
      ? { kind: 'boolean', value: word === 'true' }
      : { kind: 'string', text: '' };
  }

  // --- expressions, by rising precedence; blanks around each operand are consumed ---

  private expression(): Expression {
    return this.nested(() =>
      this.logical('||', 'or', () => this.logical('&&', 'and', () => this.equality())),
    );
  }

  /** True when the operator stands here; it is consumed. Words need a word's end behind them. */
  private operator(sign: string, word: string): boolean {
    if (sign !== '' && this.source.startsWith(sign, this.at)) {
      this.at += sign.length;
      return true;
    }
    if (word === '' || !this.source.startsWith(word, this.at) || /[A-Za-z0-9_@]/.test(this.char(word.length)))
      return false;
    this.at += word.length;
    return true;
  }

  private logical(operator: '&&' | '||', word: string, operand: () => Expression): Expression {
    const first = operand();
    if (!this.operator(operator, word)) return first;
    const operands = [first, operand()];
    while (this.operator(operator, word)) {
      this.checkChain(operands.length);
      operands.push(operand());
    }
    return { kind: 'logical', operator, operands };
  }

  private checkChain(length: number): void {
    if (length >= MAX_CHAIN)
      throw this.error(`an expression has more than ${MAX_CHAIN} operands; use #set in between`);
  }

  private equality(): Expression {
    let left = this.relational();
    for (let i = 1; ; i++) {
      let operator: Comparison;
      if (this.operator('==', 'eq')) operator = '==';
      else if (this.operator('!=', 'ne')) operator = '!=';
      else return left;
      this.checkChain(i);
      left = { kind: 'compare', operator, left, right: this.relational() };
    }
  }

  private relational(): Expression {
    let left = this.additive();
    for (let i = 1; ; i++) {
      let operator: Comparison;
      if (this.operator('<=', 'le')) operator = '<=';
      else if (this.operator('>=', 'ge')) operator = '>=';
      else if (this.operator('<', 'lt')) operator = '<';
      else if (this.operator('>', 'gt')) operator = '>';
      else return left;
      this.checkChain(i);
      left = { kind: 'compare', operator, left, right: this.additive() };
    }
  }

  private additive(): Expression {
    let left = this.multiplicative();
    for (let i = 1; ; i++) {
      const at = this.place(this.at);
      let operator: Arithmetic;
      if (this.operator('+', '')) operator = '+';
      else if (this.operator('-', '')) operator = '-';
      else return left;
      this.checkChain(i);
      left = { kind: 'arithmetic', operator, left, right: this.multiplicative(), at };
    }
  }

  private multiplicative(): Expression {
    let left = this.unary();
    for (let i = 1; ; i++) {
      const at = this.place(this.at);
      const operator = this.char();
      if (operator !== '*' && operator !== '/' && operator !== '%') return left;
      this.at++;
      this.checkChain(i);
      left = { kind: 'arithmetic', operator, left, right: this.unary(), at };
    }
  }

  private unary(): Expression {
    this.blanks();
    if (this.char() === '!' || this.startsWithNot()) {
      this.at += this.char() === '!' ? 1 : 3;
      return { kind: 'not', operand: this.nested(() => this.unary()) };
    }
    const operand = this.primary();
    this.blanks();
    return operand;
  }

  private startsWithNot(): boolean {
    return this.source.startsWith('not', this.at) && !/[A-Za-z0-9_@]/.test(this.char(3));
  }

  private primary(): Expression {
    this.blanks();
    const char = this.char();
    if (char === '"' || char === "'") return this.text(char);
    if (char === '$') {
      const reference = this.reference();
      if (reference === null) throw this.unexpected("expected a reference after '$'");
      return { kind: 'reference', reference };
    }
    if (char === '[') return this.list();
    if (char === '{') return this.map();
    if (char === '(') {
      this.at++;
      const inner = this.expression();
      if (this.char() !== ')') throw this.unexpected("expected ')'");
      this.at++;
      return inner;
    }
    const number = this.take(NUMBER);
    if (number !== null) {
      if (/^-?\d+$/.test(number)) return { kind: 'integer', text: number };
      return { kind: 'double', value: Number(number) };
    }
    const word = /(?:true|false)(?![A-Za-z0-9_@])/y;
    const value = this.take(word);
    if (value !== null) return { kind: 'boolean', value: value === 'true' };
    throw this.unexpected('expected a text, a number, a reference, a list or a map');
  }

  private list(): Expression {
    this.at++;
    this.blanks();
    const items: Expression[] = [];
    if (this.char() === ']') {
      this.at++;
      return { kind: 'list', items };
    }
    for (;;) {
      items.push(this.expression());
      if (items.length === 1 && this.source.startsWith('..', this.at))
        return this.range(items[0] as Expression);
      const next = this.char();
      if (next !== ',' && next !== ']') throw this.unexpected("a list is not closed: expected ',' or ']'");
      this.at++;
      if (next === ']') return { kind: 'list', items };
    }
  }

  private range(from: Expression): Expression {
    this.at += 2;
    const to = this.expression();
    if (this.char() !== ']') throw this.unexpected("a range is not closed: expected ']'");
    this.at++;
    return { kind: 'range', from, to };
  }

  private map(): Expression {
    this.at++;
    this.blanks();
    const entries: [Expression, Expression][] = [];
    if (this.char() === '}') {
      this.at++;
      return { kind: 'map', entries };
    }
    for (;;) {
      const key = this.expression();
      if (this.char() !== ':') throw this.unexpected("a map needs ':' after a key");
      this.at++;
      entries.push([key, this.expression()]);
      const next = this.char();
      if (next !== ',' && next !== '}') throw this.unexpected("a map is not closed: expected ',' or '}'");
      this.at++;
      if (next === '}') return { kind: 'map', entries };
    }
  }

  /** A text in quotes. A doubled quote inside is one; in double quotes, references and directives work. */
  private text(quote: string): Expression {
    const from = this.at;
    const end = this.closingQuote(quote);
    this.at = end + 1;
    let text = this.source.slice(from + 1, end);
    if (quote === '"') {
      text = text.replace(/\\u([0-9A-Fa-f]{4})/g, (_match, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    }
    text = text.replaceAll(quote + quote, quote);
    if (quote === "'" || !/[$#]/.test(text)) return { kind: 'string', text };
    // Exact unless escapes or doubled quotes stand before the place.
    const inner = new Parser(text, this.shared, (offset) => this.place(from + 1 + offset));
    const nodes = this.nested(() => inner.template());
    if (nodes.every((node) => node.kind === 'text')) {
      return { kind: 'string', text: nodes.map((node) => (node.kind === 'text' ? node.text : '')).join('') };
    }
    return { kind: 'template', nodes };
  }

  private closingQuote(quote: string): number {
    const from = this.at;
    let last = -1;
    for (let at = this.source.indexOf(quote, from + 1); at >= 0; at = this.source.indexOf(quote, at + 2)) {
      if (this.source.charAt(at + 1) !== quote) return at;
      last = at;
    }
    if (last < 0) throw this.error(`a text is not closed: expected ${quote}`, from);
    return last;
  }
}

function addText(nodes: Node[], text: string): void {
  if (text === '') return;
  const last = nodes.at(-1);
  if (last?.kind === 'text') last.text += text;
  else nodes.push({ kind: 'text', text });
}
