// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of templates look like that
/**
 * The same templates in velocityjs, another implementation of the language. Where both should agree they do; where they
 * do not, the difference is named in `DIFFERENCES`, with the reason why this gateway's side is right.
 */
import fc from 'fast-check';
import velocityjs from 'velocityjs';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../src/templates/template.js';
import { scopeOf } from './scope.js';

const DATA = {
  name: 'Ada',
  n: 5,
  list: ['a', 'b', 'c'],
  map: { k: 'v', deep: { x: 1 } },
  rows: [{ id: 1 }, { id: 2 }],
  yes: true,
  no: false,
};
const BODY = JSON.stringify(DATA);

function ours(template: string): string {
  return compileTemplate(template).render(scopeOf({ body: BODY }));
}

function theirs(template: string): string {
  const input = {
    path: (path: string) => path.split('.').slice(1).reduce<unknown>(member, structuredClone(DATA)),
    body: BODY,
  };
  return velocityjs.render(template, { input });
}

function member(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined;
}

const SAME = [
  'plain text',
  "#set($x = $input.path('$'))$x.name ${x.name}! $!x.name",
  "#set($x = $input.path('$'))$x.map.deep.x $x.list[1] $x.rows.get(0).id",
  '#set($a = 1)#set($b = $a + 2 * 3)#set($c = "v$b")#set($d = \'$b\')$b $c $d',
  "#set($x = $input.path('$'))#if($x.yes)a#end#if($x.no)b#{else}c#end#if(!$x.no)d#end#if($x.yes && !$x.no)e#end",
  '#if(1 == 2)a#elseif(2 == 2)b#{else}c#end',
  '#foreach($e in $input.path("$").list)$e$foreach.index$foreach.count$velocityCount#if($foreach.hasNext),#end#end',
  '#foreach($r in $input.path("$").rows)#foreach($e in $input.path("$").list)$r.id$e #end#end',
  '#macro(box $x)[$x]#end#box("a")#box(1)',
  '#define($block)<$v>#end#set($v = 1)$block#set($v = 2)$block',
  '#set($m = {"k": "v"})$m.k#set($m.j = 2)$m.j $m.get("k")',
  '#set($l = [])#set($d = $l.add("x"))$l.size() $l.get(0)',
  '#[[ $raw #if ]]# ## comment\n#* block *#end',
  "#set($s = 'abc')$s.substring(1) $s.toUpperCase() $s.indexOf('c') $s.replace('b', 'x')",
  'a\n#if(true)\nb\n#end\nc',
  'a\n#set($x = 1)\nb',
  'x  #set($a = 1)\ny',
  '#n #status',
  "$input.path('$.map')",
];

interface Difference {
  name: string;
  template: string;
  ours: string;
  why: string;
}

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'blanks before #set',
    template: '#set($a = 1)$a #set($b = 2)$b',
    ours: '12',
    why: 'Velocity takes them when they follow a reference or directive',
  },
  {
    name: '#break',
    template: '#foreach($e in [1..4])#if($e == 3)#break#end$e#end',
    ours: '12',
    why: 'nothing of the pass is rendered after it',
  },
  {
    name: 'length()',
    template: "#set($s = 'abc')$s.length()",
    ours: '3',
    why: 'a method of java.lang.String',
  },
  {
    name: 'a missing reference',
    template: '[$missing][${missing.a}]',
    ours: '[][]',
    why: 'null is the empty text on AWS; plain Velocity prints the source',
  },
  {
    name: 'a missing value in a condition',
    template: '#if($missing)x#end',
    ours: 'x',
    why: 'the empty text is not null, so it is true on AWS',
  },
  {
    name: 'the number zero in a condition',
    template: '#set($z = 0)#if($z)x#end',
    ours: 'x',
    why: 'in Velocity only false and null are false',
  },
  {
    name: 'a missing value compared with the empty text',
    template: '#if($missing == "")x#end',
    ours: 'x',
    why: 'null is the empty text on AWS',
  },
  {
    name: 'division of whole numbers',
    template: '#set($x = 7 / 2)$x',
    ours: '3',
    why: "Java's whole numbers",
  },
  {
    name: 'lists',
    template: "$input.path('$.list')",
    ours: '["a","b","c"]',
    why: 'JSON arrays print as JSON',
  },
  { name: 'doubled quotes', template: "#set($x = 'it''s')$x", ours: "it's", why: 'a doubled quote is one' },
  {
    name: 'split with trailing empty parts',
    template: "#set($s = 'a,,b,,')$s.split(',').size()",
    ours: '3',
    why: 'Java drops them',
  },
  {
    name: 'replaceAll with groups',
    template: "#set($s = 'ab')$s.replaceAll('(a)', '<$1>')",
    ours: '<a>b',
    why: 'Java regular expressions',
  },
];

describe('velocityjs', () => {
  it.each(SAME)('agrees on %j', (template) => {
    expect(ours(template)).toBe(theirs(template));
  });

  it.each(DIFFERENCES)('is known to differ on $name: $why', ({ template, ours: expected }) => {
    expect(ours(template)).toBe(expected);
    let other: string | undefined;
    try {
      other = theirs(template);
    } catch {
      other = undefined;
    }
    expect(other).not.toBe(expected);
  });

  it('agrees on random templates of the common forms', () => {
    const value = fc.constantFrom(
      '$x.name',
      '${x.n}',
      '$x.map.k',
      '$x.list[0]',
      '$e',
      '$a',
      ';text;',
      ';',
      '"',
      ',',
    );
    const condition = fc.constantFrom(
      '$x.yes',
      '$x.no',
      '!$x.no',
      '$x.n == 5',
      '$x.n > 7',
      '$x.name == "Ada" && $x.yes',
      '$x.n < 3 || $x.yes',
    );
    const block: fc.Arbitrary<string> = fc.letrec<{ block: string }>((tie) => ({
      block: fc
        .array(
          fc.oneof(
            { depthSize: 'small' },
            value,
            value.map((text) => `#set($a = '${text.replaceAll("'", '')}x')`),
            fc
              .tuple(condition, tie('block'), tie('block'))
              .map(([test, a, b]) => `#if(${test})${a}#{else}${b}#{end}`),
            tie('block').map((body) => `#foreach($e in $x.list)${body}$foreach.count#{end}`),
          ),
          { maxLength: 4 },
        )
        .map((parts) => parts.join('')),
    })).block;
    fc.assert(
      fc.property(block, (body) => {
        const template = `#set($x = $input.path('$'))#set($e = 'e')#set($a = 'a')[${body}]`;
        expect(ours(template)).toBe(theirs(template));
      }),
      { numRuns: 500 },
    );
  });
});
