/**
 * Rendering, side by side with velocityjs: the two-level `#foreach` over five and 500 elements, a flat object, and the
 * template of a MOCK method; and compiling. velocityjs gets its template parsed beforehand. Three ways each: only
 * rendering; rendering and measuring the output in bytes, which makes V8 put its parts together; and all of it from the
 * payload's text on, where both have to parse JSON first.
 */
import { Bench } from 'tinybench';
import velocityjs from 'velocityjs';
import { JsonBody } from '../../src/jsonpath/body.js';
import { Overrides, type TemplateScope } from '../../src/templates/scope.js';
import { compileTemplate } from '../../src/templates/template.js';
import { table } from '../report.js';

const LOOPS = `#set($inputRoot = $input.path('$'))
{
  "title": "$inputRoot.title",
  "items": [
#foreach($elem in $inputRoot.items)
    {
      "id": "$elem.id",
      "name": "$elem.name",
      "price": $elem.price,
      "tags": [#foreach($tag in $elem.tags)"$tag"#if($foreach.hasNext),#end#end]
    }#if($foreach.hasNext),#end

#end
  ]
}`;

const FLAT = `#set($inputRoot = $input.path('$'))
{"name": "$inputRoot.firstName $inputRoot.lastName", "mail": "$inputRoot.email", "age": $inputRoot.age, "address": {"street": "$inputRoot.street", "city": "$inputRoot.city", "zip": "$inputRoot.zip"}, "stage": "$context.stage", "id": "$context.requestId"}`;

const MOCK = '{"statusCode": 200}';

const FLAT_BODY = JSON.stringify({
  firstName: 'Ada',
  lastName: 'Lovelace',
  email: 'ada@example.org',
  age: 36,
  street: '1 Analytical Way',
  city: 'London',
  zip: 'N1 9GU',
  country: 'GB',
  active: true,
});

function order(length: number): string {
  const items = Array.from({ length }, (_, i) => ({
    id: `id-${i}`,
    name: `Product number ${i}`,
    price: i * 3 + 1,
    active: i % 2 === 0,
    tags: ['alpha', 'beta', 'gamma'],
  }));
  return JSON.stringify({ title: 'Order list', count: length, items });
}

/** A template of 300 lines of the usual kind. */
const LONG = Array.from({ length: 60 }, (_, i) =>
  [
    `#set($v${i} = $input.path('$.a${i}.b'))`,
    `#if($v${i} != "" && $v${i}.size() > ${i})`,
    `  "k${i}": "$util.escapeJavaScript($v${i}.name).replaceAll("\\\\'","'")",`,
    `  "l${i}": [#foreach($e in $v${i}.list)"$e.id"#if($foreach.hasNext),#end#end],`,
    '#end',
  ].join('\n'),
).join('\n');

const CONTEXT: Readonly<Record<string, string>> = {
  stage: 'live',
  requestId: '0d4c1c5e-6a5b-4d0e-9a3f-6f1d0f6d8e21',
};

function scope(body: JsonBody): TemplateScope {
  return {
    body,
    params: { get: () => undefined, entries: () => [] },
    context: { get: (name) => CONTEXT[name], names: () => Object.keys(CONTEXT) },
    stageVariables: {},
    overrides: new Overrides(),
  };
}

/** Keeps results alive, so that the compiler cannot drop the work that made them. */
let sink = 0;

interface Row {
  name: string;
  ours: () => number;
  theirs?: () => number;
}

function rendering(name: string, template: string, text: string): Row[] {
  const compiled = compileTemplate(template);
  const tree = velocityjs.parse(template);
  const parsed = new JsonBody(text);
  const value: unknown = JSON.parse(text);
  const theirs = (path: () => unknown): string =>
    new velocityjs.Compile(tree).render({ input: { path }, context: CONTEXT });
  if (compiled.render(scope(parsed)) !== theirs(() => value).trim()) {
    throw new Error(`${name}: the two render differently`);
  }
  return [
    {
      name: `${name}: render`,
      ours: () => compiled.render(scope(parsed)).length,
      theirs: () => theirs(() => value).length,
    },
    {
      name: `${name}: render, to bytes`,
      ours: () => Buffer.byteLength(compiled.render(scope(parsed))),
      theirs: () => Buffer.byteLength(theirs(() => value)),
    },
    {
      name: `${name}: parse, render, to bytes`,
      ours: () => Buffer.byteLength(compiled.render(scope(new JsonBody(text)))),
      theirs: () => Buffer.byteLength(theirs(() => JSON.parse(text))),
    },
  ];
}

/** Median nanoseconds of one call, in loops of `calls`: one call of 100 ns is shorter than reading the clock. */
async function median(operation: () => number): Promise<number> {
  const began = process.hrtime.bigint();
  for (let i = 0; i < 20; i++) sink += operation();
  const once = Number(process.hrtime.bigint() - began) / 20;
  const calls = Math.max(1, Math.round(1e6 / once));
  const bench = new Bench({ time: 600, iterations: 10, warmupTime: 300, warmupIterations: 5 });
  bench.add('operation', () => {
    for (let call = 0; call < calls; call++) sink += operation();
  });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed') throw new Error(`the bench ended as ${result?.state}`);
  return (result.latency.p50 * 1e6) / calls;
}

const rows: Row[] = [
  ...rendering('#foreach in #foreach, 5 elements', LOOPS, order(5)),
  ...rendering('#foreach in #foreach, 500 elements', LOOPS, order(500)),
  ...rendering('flat object', FLAT, FLAT_BODY),
  ...rendering('MOCK', MOCK, '{}').slice(0, 2),
  { name: 'compiling 300 lines', ours: () => (compileTemplate(LONG) === undefined ? 0 : 1) },
];

const shown: string[][] = [['templates', 'ours us', 'velocityjs us', 'ratio']];
const measured: { name: string; median: number; velocityjs?: number }[] = [];
for (const { name, ours, theirs } of rows) {
  const own = await median(ours);
  const other = theirs === undefined ? undefined : await median(theirs);
  measured.push({ name, median: own, ...(other === undefined ? {} : { velocityjs: other }) });
  const last = other === undefined ? ['', ''] : [(other / 1000).toFixed(2), (other / own).toFixed(1)];
  shown.push([name, (own / 1000).toFixed(3), ...last]);
}
process.stdout.write(`${table(shown)}\n\n`);
process.send?.(measured);
if (Number.isNaN(sink)) process.exitCode = 1;
