/** Templates as people write them, and what they are rendered with, for both engines. */
import { Compile, parse, render } from 'velocityjs';

/** A list in a list: the form that most request and response templates have. */
export const ORDERS_TEMPLATE = `#set($root = $input.path('$'))
{
  "customer": "$root.customer.name",
  "orders": [
#foreach($order in $root.orders)
    {
      "id": "$order.id",
      "total": $order.total,
      "lines": [
#foreach($line in $order.lines)
        { "sku": "$line.sku", "quantity": $line.quantity }#if($foreach.hasNext),#end

#end
      ]
    }#if($foreach.hasNext),#end

#end
  ]
}`;

/** Two lines in every order. */
export function orders(count: number): string {
  const list = Array.from({ length: count }, (_, i) => ({
    id: `order-${i}`,
    total: 10 + i,
    lines: [
      { sku: `sku-${i}-a`, quantity: 1 },
      { sku: `sku-${i}-b`, quantity: 2 },
    ],
  }));
  return JSON.stringify({ customer: { name: 'Ada', id: 7 }, orders: list });
}

export const FLAT_TEMPLATE = `#set($body = $input.path('$'))
{
  "name": "$body.name",
  "email": "$body.email",
  "age": $body.age,
  "city": "$body.address.city",
  "id": "$input.params('proxy')",
  "method": "$context.httpMethod",
  "stage": "$context.stage",
  "path": "$context.resourcePath"
}`;

export const FLAT_BODY = JSON.stringify({
  name: 'Ada',
  email: 'ada@example.com',
  age: 36,
  address: { city: 'London', street: 'St James Square 12' },
});

/** 300 lines of what templates hold: references, conditions, sets and loops, no two blocks alike. */
export function longTemplate(lines: number): string {
  let text = "#set($root = $input.path('$'))\n{\n";
  for (let i = 0; i < lines / 10; i++) {
    text += `  #set($value${i} = $root.section${i}.value)
  "section${i}": {
    "name": "$util.escapeJavaScript($root.section${i}.name)",
    #if($value${i} && $value${i} != "")
    "value": "$value${i}",
    #end
    "items": [#foreach($item in $root.section${i}.items)"$item.id"#if($foreach.hasNext),#end#end],
    "header": "$input.params().header.get('X-Header-${i}')",
    "stage": "\${stageVariables.name${i}}"
  },
`;
  }
  return `${text}  "end": true\n}`;
}

const context = { httpMethod: 'GET', stage: 'prod', resourcePath: '/{proxy+}' };

/** Its data is at hand, where ours comes from an exchange. */
function data(body: string) {
  return { input: { path: () => JSON.parse(body), params: () => 'items/42' }, context };
}

/** Parsed once; a rendering reads the body and renders. */
export function velocityjs(template: string, body: string): () => string {
  const compiled = new Compile(parse(template));
  return () => compiled.render(data(body));
}

/** With the parsing, as an emulator that keeps nothing does it for every request. */
export function velocityjsAnew(template: string, body: string): () => string {
  return () => render(template, data(body));
}
