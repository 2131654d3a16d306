// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of templates look like that
/** What hostile templates, and hostile input to honest ones, must not be able to do. */
import { describe, expect, it } from 'vitest';
import { TemplateError, TemplateRunError } from '../../src/templates/errors.js';
import { compileTemplate, MAX_TEMPLATE } from '../../src/templates/template.js';
import { cpuTimeMs } from '../support/cpu-time.js';
import { type Inputs, scopeOf } from './scope.js';

function render(template: string, inputs: Inputs = {}): string {
  return compileTemplate(template).render(scopeOf(inputs));
}

/** Milliseconds a rendering may take on a slow machine, whatever it does. */
const PATIENCE = 3000;

function fails(template: string, message: string | RegExp, inputs: Inputs = {}): void {
  const began = cpuTimeMs();
  let error: unknown;
  try {
    render(template, inputs);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(TemplateRunError);
  expect((error as Error).message).toMatch(message);
  expect(cpuTimeMs() - began).toBeLessThan(PATIENCE);
}

describe('a template reaches nothing of the host', () => {
  const members = [
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__defineGetter__',
    'isPrototypeOf',
    'process',
    'global',
    'globalThis',
    'require',
    'text',
    'names',
    'values',
    'items',
    'source',
    'kind',
    'of',
    'call',
    'property',
    'toText',
  ];
  const targets = [
    '$input',
    '$input.body',
    "$input.path('$')",
    "$input.path('$.l')",
    "$input.path('$.n')",
    "$input.path('$.s')",
    "$input.json('$')",
    '$input.params()',
    '$context',
    '$context.identity',
    '$context.requestOverride',
    '$stageVariables',
    '$util',
    '$m',
    '$l',
    '$d',
    '$b',
    '$r',
    '$k',
    '$foreach',
    '$m.entrySet()',
    '$s.class',
  ];
  const inputs: Inputs = {
    body: '{"l":[1],"n":1.5,"s":"t"}',
    context: { identity: { sourceIp: '1.2.3.4' } },
    stageVariables: { a: 'b' },
  };
  const before =
    '#set($m = {"k": 1})#set($l = [1])#set($d = 1.5)#define($b)x#end#set($r = [1..2])#set($k = $m.keySet())#set($s = "t")';

  it.each(targets)('through the members of %s', (target) => {
    for (const name of members) {
      const indexed = [`${target}["${name}"]`, `${target}.get("${name}")`, `${target}["${name}"]["${name}"]`];
      // In Velocity a dot before an underscore is text.
      const dotted = [
        `${target}.${name}`,
        `${target}.${name}.${name}`,
        `${target}.${name}()`,
        `${target}.${name}("x")`,
        `${target}.${name}("x", "y")`,
        `${target}.${name}.constructor("return process")()`,
      ];
      for (const form of name.startsWith('_') ? indexed : [...indexed, ...dotted]) {
        const template = `${before}#foreach($one in [1])[${form}]#end`;
        let output: string;
        try {
          output = render(template, inputs);
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateRunError);
          expect((error as Error).message).not.toContain('could not be run');
          continue;
        }
        expect(output).not.toMatch(/native code|\[object|function|undefined|=>|class Java/);
        if (name === 'constructor' || name === '__proto__') expect(['[]', '[()]']).toContain(output);
      }
    }
  });

  it('through classes', () => {
    const s = '#set($s = "x")';
    expect(render(`${s}[$s.class.forName("java.lang.Runtime")]`)).toBe('[]');
    expect(render(`${s}[$s.class.classLoader][$s.getClass().getMethods()][$s.class.constructor]`)).toBe(
      '[][][]',
    );
    expect(render(`${s}[$util.class.forName("x")][$input.class.name.class.classLoader]`)).toBe('[][]');
  });

  it('through names of the payload that mean something to JavaScript', () => {
    const body =
      '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"toString":"t","length":5}';
    const template =
      "#set($x = $input.path('$'))$x.polluted $x['__proto__'].polluted $x.constructor.prototype $x.toString() $x.length $x.keySet()#set($d = $x.put('__proto__', 'z'))$x.get('__proto__')";
    expect(render(template, { body })).toBe(
      ` yes {polluted=yes} {__proto__={polluted=yes}, constructor={prototype={polluted=yes}}, toString=t, length=5} 5 [__proto__, constructor, toString, length]z`,
    );
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect(render("$input.json('$')", { body })).toBe(body);
    expect(render("$input.json('$.__proto__.polluted') $input.json('$.hasOwnProperty')", { body })).toBe(
      '"yes" ""',
    );
  });

  it('through names of parameters, stage variables and context members', () => {
    const odd = Object.fromEntries([['__proto__x', '1']]);
    const inputsOdd: Inputs = {
      params: { header: odd },
      stageVariables: odd,
      context: { constructorX: 'c' },
    };
    const template =
      "[$input.params('constructor')][$input.params('__proto__')][$input.params().header.constructor][$stageVariables.constructor][$stageVariables['__proto__']][$context.constructor][$context['__proto__']][$context.identity.constructor]";
    expect(render(template, inputsOdd)).toBe('[][][][][][][][]');
  });

  it('through the source that is generated from it', () => {
    const nasty = [
      '"; process.exit(1); "',
      "'); process.exit(1); ('",
      '`${process.exit(1)}`',
      '\\"; throw 1; //',
      '\u2028process.exit(1)\u2029',
      '*/ process.exit(1) /*',
      '\0\ud800 </script>',
      '}}}; return H; {{{',
      '@ @ @',
      '$1 $& $$ $`',
    ];
    for (const text of nasty) {
      expect(render(`#[[${text}]]#`)).toBe(text);
      const single = text.replaceAll("'", "''");
      expect(render(`#set($s = '${single}')$s`)).toBe(text);
      expect(render(`#set($m = {'${single}': 1})$m.get('${single}')`)).toBe('1');
      expect(render(`[$input.params('${single}')][$missing['${single}'].x('${single}')]`)).toBe('[][]');
      expect(render(`#set($m = {})#set($m['${single}'] = '${single}')$m.get('${single}')`)).toBe(text);
      expect(render(`[$context['${single}']][$stageVariables['${single}']]`)).toBe('[][]');
    }
    expect(render('#set($process = 1)#set($H = 2)#set($K = 3)#set($S = 4)#set($o = 5)$process$H$K$S$o')).toBe(
      '12345',
    );
    expect(
      render('#set($v1 = "a")#set($await = 1)#set($class = 2)#set($arguments = 3)$v1$await$class$arguments'),
    ).toBe('a123');
  });
});

describe('a template cannot run for ever', () => {
  it('by loops inside loops', () => {
    const loops = '#foreach($i in [1..1000])'.repeat(4);
    fails(`${loops}x${'#end'.repeat(4)}`, 'too many steps');
    fails(`${loops}${'#end'.repeat(4)}`, 'too many steps');
  });

  it('by a long body in a loop', () => {
    const body = '$input.path("$.a").b.c[0].d'.repeat(5000);
    fails(`#foreach($i in [1..1000])#foreach($j in [1..1000])${body}#end#end`, 'too many steps');
  });

  it('by macros that call themselves twice', () => {
    fails('#macro(m)#m()#m()#end#m()', /Max calling depth|too many steps/);
    const levels = Array.from(
      { length: 19 },
      (_, i) => `#macro(m${i})#m${i + 1}()#m${i + 1}()#m${i + 1}()#end`,
    );
    fails(`${levels.join('')}#macro(m19)x#end#m0()`, 'too many steps');
  });

  it('by blocks that hold blocks (billion laughs)', () => {
    const levels = Array.from({ length: 60 }, (_, i) => `#define($b${i + 1})${`$b${i}`.repeat(10)}#end`);
    fails(`#set($b0 = "lol")${levels.join('')}$b60`, 'too many steps');
  });

  it('by arguments that double at every level', () => {
    const levels = Array.from({ length: 19 }, (_, i) => `#macro(m${i} $x)#m${i + 1}("$x$x")#end`);
    fails(`${levels.join('')}#macro(m19 $x)$x$x$x$x#end#m0("0123456789")`, /too many steps|grew past/);
  });

  it('by a text that evaluates itself', () => {
    fails("#set($e = '#evaluate($e)#evaluate($e)')#evaluate($e)", /#evaluate is nested|too many steps/);
  });

  it.each([
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){20}$',
    '([a-z]+)*[0-9]$',
    '(a*)*b',
    '(x+x+)+y',
    '^(a?){40}a{40}$',
  ])('by the regular expression %s', (pattern) => {
    const body = JSON.stringify(`${'a'.repeat(60)}!${'x'.repeat(60)}`);
    const began = cpuTimeMs();
    for (const call of [`matches('${pattern}')`, `replaceAll('${pattern}', '')`, `split('${pattern}')`]) {
      try {
        render(`#foreach($i in [1..1000])$input.path('$').${call}#end`, { body });
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateRunError);
        expect((error as Error).message).toMatch(/too many steps|backtracks too deeply/);
      }
    }
    expect(cpuTimeMs() - began).toBeLessThan(3 * PATIENCE);
  });

  it('by a JSONPath that visits everything many times', () => {
    const body = `${'{"a":['.repeat(40)}1${']}'.repeat(40)}`;
    fails("#foreach($i in [1..1000])$input.path('$..*..*..*..*')#end", 'too many steps', { body });
  });

  it('by reading huge texts again and again', () => {
    const body = JSON.stringify(`${'ab'.repeat(2_000_000)}c`);
    fails(
      "#set($s = $input.path('$'))#foreach($i in [1..1000])$s.contains('zz')$s.toUpperCase().length()#end",
      'too many steps',
      {
        body,
      },
    );
    const compare = "#set($s = $input.path('$'))#set($t = $s.concat('x'))#set($u = $s.concat('y'))";
    fails(
      `${compare}#foreach($i in [1..1000])#foreach($j in [1..100])#if($t == $u)x#end#end#end`,
      'too many steps',
      { body },
    );
  });

  it('by huge numbers', () => {
    fails(
      '#set($n = 99999999999999999999)#foreach($i in [1..1000])#set($n = $n * $n)#end',
      'grew past 4096 bits',
    );
    expect(render("$input.path('$')", { body: '1e999999999' })).toBe('1e999999999');
    expect(render("$input.path('$')", { body: `1${'0'.repeat(100_000)}` })).toHaveLength(100_001);
  });

  it('by ranges and lists without bounds', () => {
    fails('#set($l = [1..2000000000])', 'too many steps');
    fails('#set($l = [1])#foreach($i in [1..1000])#set($d = $l.addAll($l))#end', 'too many steps');
  });
});

describe('a template cannot grow without bound', () => {
  it('by doubling a text', () => {
    fails(
      '#set($s = "0123456789")#foreach($i in [1..100])#set($s = "$s$s")#end',
      'grew past 10485760 characters',
    );
    fails(
      '#set($s = "0123456789")#foreach($i in [1..100])#set($s = $s + $s)#end',
      'grew past 10485760 characters',
    );
    fails(
      "#set($s = '0123456789')#foreach($i in [1..100])#set($s = $s.replace('0', $s))#end",
      'grew past 10485760',
    );
    fails(
      "#set($s = '0123456789')#foreach($i in [1..100])#set($s = $s.replaceAll('0', $s))#end",
      'grew past 10485760',
    );
    fails("#set($s = 'x')#foreach($i in [1..100])#set($s = $s.repeat(1000))#end", 'grew past 10485760');
  });

  it('by its output', () => {
    const big = '#set($s = "0123456789")#foreach($i in [1..15])#set($s = "$s$s")#end';
    fails(`${big}#foreach($i in [1..1000])$s#end`, 'grew past 10485760 characters');
    fails(`${big}${'$s'.repeat(100)}`, 'grew past 10485760 characters');
  });

  it('by printing lists that hold lists', () => {
    const doubling = '#set($l = ["xxxxxxxxxx"])#foreach($i in [1..100])#set($l = [$l, $l])#end';
    fails(`${doubling}$l`, /too many steps|nested too deeply|grew past/);
    fails(`#set($m = {})#set($m.m = $m)$m`, 'nested too deeply');
    fails(`#set($m = {})#set($m.m = $m)#set($n = {})#set($n.m = $n)#if($m == $n)x#end`, 'nested too deeply');
  });

  it('by nesting', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(render("[$input.path('$')]$input.json('$')", { body: deep })).toBe('[]""');
    expect(render("$util.parseJson($input.path('$.x'))", { body: JSON.stringify({ x: deep }) })).toBe('');
    for (const [open, close] of [
      ['#if(true)', '#end'],
      ['#foreach($i in [1])', '#end'],
      ['#set($x = (', '))'],
    ] as const) {
      expect(() => compileTemplate(open.repeat(5000) + close.repeat(5000))).toThrow(TemplateError);
    }
    expect(() => compileTemplate(`#set($x = ${'['.repeat(5000)}${']'.repeat(5000)})`)).toThrow('levels');
    expect(() => compileTemplate(`#set($x = ${'!'.repeat(5000)}true)`)).toThrow('levels');
    expect(() => compileTemplate(`#set($x = 1${' + 1'.repeat(5000)})`)).toThrow('operands');
    expect(() => compileTemplate(`$a${'.b'.repeat(5000)}`)).toThrow('members');
    const quotes = (depth: number): string =>
      depth === 0 ? '$a' : `$x.f("${quotes(depth - 1).replaceAll('"', '""')}")`;
    expect(() => compileTemplate(quotes(12))).not.toThrow();
  });

  it('by its own length', () => {
    expect(() => compileTemplate('x'.repeat(MAX_TEMPLATE + 1))).toThrow(`more than ${MAX_TEMPLATE}`);
    const longest = '$a.b'.repeat(MAX_TEMPLATE / 4);
    expect(render(longest)).toBe('');
    const branches = `#if($a == 1)x${'#elseif($a == 2)y'.repeat(15_000)}#end`;
    expect(render(branches)).toBe('');
  });
});

describe('budgets', () => {
  it('are whole again for the next rendering', () => {
    const template = compileTemplate('#foreach($i in [1..1000])#foreach($j in [1..300])#end#end done');
    for (let i = 0; i < 5; i++) expect(template.render(scopeOf())).toBe(' done');
  });

  it('can be set', () => {
    const template = compileTemplate('#foreach($i in [1..100])x#end', { steps: 50 });
    expect(() => template.render(scopeOf())).toThrow('too many steps');
  });
});

describe('errors', () => {
  it('carry the place of the failing call in the template as it was given', () => {
    const template = compileTemplate('\n\n  #set($s = "abc")\n  $s.substring(7)');
    let error: unknown;
    try {
      template.render(scopeOf());
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TemplateRunError);
    expect(error).toMatchObject({ line: 4, column: 5 });
  });

  it('of a template that does not compile carry line and column', () => {
    let error: unknown;
    try {
      compileTemplate('a\nb #set($x = )');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TemplateError);
    expect(error).toMatchObject({ line: 2, column: 13 });
  });
});
