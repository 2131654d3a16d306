/** Random templates: token soup that is mostly wrong, and templates of the grammar that are all right. */
import fc from 'fast-check';

const TOKENS = [
  '$',
  '$!',
  '${',
  '$a',
  '$b.c',
  '$input',
  '$context.requestOverride.header.x',
  "$input.path('$.a')",
  '$foreach.index',
  '#if(',
  '#elseif(',
  '#else',
  '#{else}',
  '#end',
  '#set(',
  '#set($a = ',
  '#foreach(',
  '#foreach($i in ',
  '#macro(m $p)',
  '#m(',
  '#@m(',
  '#define($d)',
  '#evaluate(',
  '#literal()',
  '#include("x")',
  '#break',
  '#stop',
  '#[[',
  ']]#',
  '##',
  '#*',
  '*#',
  '#',
  '.',
  '..',
  ',',
  ':',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '\\',
  '!',
  '==',
  '=',
  '&&',
  '+',
  '-',
  '*',
  '/',
  '1',
  '-5',
  '1.5',
  '99999999999999999999',
  'true',
  ' in ',
  'not ',
  ' ',
  '\n',
  '\r\n',
  'constructor',
  '__proto__',
  'toString',
  'é😀',
  '\u2028',
  '\0',
];

export const soup: fc.Arbitrary<string> = fc
  .array(
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...TOKENS) }, { weight: 1, arbitrary: fc.string() }),
    {
      maxLength: 40,
    },
  )
  .map((tokens) => tokens.join(''));

const variable = fc.constantFrom('a', 'b', 'list', 'map', 'text', 'missing');
const member = fc.constantFrom(
  '.k',
  '.a.b',
  '["k"]',
  '[0]',
  '[-1]',
  '.size()',
  '.get("k")',
  '.get(0)',
  '.keySet()',
  '.entrySet()',
  '.values()',
  '.put("k", 1)',
  '.add("x")',
  '.addAll($list)',
  '.remove(0)',
  '.contains("a")',
  '.toString()',
  '.length()',
  '.substring(1)',
  '.substring(0, 2)',
  ".replaceAll('[a-z]+', '<$0>')",
  ".replace('a', 'bb')",
  ".split(',')",
  ".matches('(a|b)*')",
  '.toUpperCase()',
  '.trim()',
  '.indexOf("a")',
  '.charAt(0)',
  '.equals($a)',
  '.intValue()',
  '.class.name',
  '.getClass()',
  '.constructor',
  '.constructor("return this")',
  '["__proto__"]',
  '.toString',
  '.valueOf()',
  '.concat($text)',
  '.hashCode()',
  '.subList(0, 1)',
  '.isEmpty()',
);

const root = fc.oneof(
  variable.map((name) => `$${name}`),
  fc.constantFrom(
    '$input',
    '$input.body',
    "$input.path('$')",
    "$input.path('$.list')",
    "$input.json('$.map')",
    '$input.params()',
    "$input.params('x')",
    '$context',
    '$context.identity',
    '$context.requestOverride',
    '$context.responseOverride.header',
    '$stageVariables',
    '$stageVariables.tier',
    '$util',
    '$util.escapeJavaScript($text)',
    '$util.parseJson($input.body)',
    '$util.urlEncode($a)',
    '$util.base64Encode($foreach.count)',
    '$util.urlDecode($foreach.hasNext)',
    '$foreach',
    '$foreach.parent',
    '$velocityCount',
    '$block',
  ),
);

const reference = fc
  .tuple(root, fc.array(member, { maxLength: 3 }))
  .map(([first, members]) => first + members.join(''));

const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      '1',
      '0',
      '2.5',
      '"x"',
      "'y'",
      'true',
      'false',
      '[]',
      '{}',
      '[1..3]',
      '9223372036854775807',
    ),
    reference,
    reference.map((text) => `"<${text.replaceAll('"', '""')}>"`),
    fc
      .tuple(tie('e'), fc.constantFrom('+', '-', '*', '/', '%'), tie('e'))
      .map(([a, o, b]) => `${a} ${o} ${b}`),
    fc
      .tuple(tie('e'), fc.constantFrom('==', '!=', '<', '>', '<=', '>=', '&&', '||'), tie('e'))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    tie('e').map((a) => `!${a}`),
    fc.array(tie('e'), { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    tie('e').map((a) => `{"k": ${a}, "j": 1}`),
  ),
})).e;

export const valid: fc.Arbitrary<string> = fc
  .letrec<{ block: string; statement: string }>((tie) => ({
    block: fc.array(tie('statement'), { maxLength: 4 }).map((parts) => parts.join('')),
    statement: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('text ', '\n', '  ', '{"k": "', '#fff ', '$5 ', '\\$a ', '#* c *#', '## c\n'),
      reference,
      fc.tuple(variable, expression).map(([name, value]) => `#set($${name} = ${value})`),
      fc.tuple(reference, expression).map(([, value]) => `#set($map.k = ${value})#set($list[0] = 1)`),
      expression.map(
        (value) =>
          `#set($context.responseOverride.header.X = ${value})#set($context.responseOverride.status = ${value})`,
      ),
      fc
        .tuple(expression, tie('block'), tie('block'))
        .map(([c, a, b]) => `#if(${c})${a}#elseif($a)x#{else}${b}#{end}`),
      fc
        .tuple(expression, tie('block'))
        .map(([list, body]) => `#foreach($a in ${list})${body}#if($foreach.count == 9)#break#{end}#{end}`),
      tie('block').map((body) => `#define($block)${body}#{end}$block`),
      fc
        .tuple(tie('block'), reference)
        .map(([body, arg]) => `#macro(m $p)$p${body}#{end}#m("${arg.replaceAll('"', '""')}")`),
      fc.constantFrom(
        "#evaluate('$a#set($b = 2)')",
        '#evaluate($text)',
        '#stop',
        '#m($a, 1)',
        '#unknown($a)',
      ),
    ),
  }))
  .block.map(
    (body) => `#set($list = ["a", 2, [3]])#set($map = {"k": {"a": {"b": "c"}}})#set($text = "a,b")${body}`,
  );
