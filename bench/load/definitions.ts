/** What Propylon serves in the scenarios. */

const HEAD = 'openapi: 3.0.3\ninfo: { title: bench, version: "1" }\n';

/** A proxy resource that passes every method and path on. @param authority of the backend */
export function proxyDefinition(authority: string): string {
  return `${HEAD}paths:\n${proxyResource(authority)}`;
}

function proxyResource(authority: string): string {
  return `  /{proxy+}:
    x-amazon-apigateway-any-method:
      parameters:
        - { name: proxy, in: path, required: true, schema: { type: string } }
      responses: {}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: http://${authority}/{proxy}
        requestParameters:
          integration.request.path.proxy: method.request.path.proxy
`;
}

/** The same paths with what the proxy leaves out: a rendered body goes to the backend, the answer is rendered from its own. */
export function templateDefinition(authority: string): string {
  return `${HEAD}paths:
  /items/{id}:
    get:
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses: { "200": { description: ok } }
      x-amazon-apigateway-integration:
        type: http
        httpMethod: POST
        uri: http://${authority}/items
        requestTemplates:
          application/json: |
            #set($id = $input.params('id'))
            {"item": "$util.escapeJavaScript($id)", "stage": "$context.stage", "request": "$context.requestId"}
        responses:
          default:
            statusCode: "200"
            responseTemplates:
              application/json: |
                #set($root = $input.path('$'))
                {"message":$input.json('$.message'),"ok":$root.ok}
`;
}

/** Every request becomes a Lambda event. */
export function functionDefinition(): string {
  return `${HEAD}paths:
  /{proxy+}:
    x-amazon-apigateway-any-method:
      parameters:
        - { name: proxy, in: path, required: true, schema: { type: string } }
      responses: {}
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:bench/invocations
`;
}

/** The gateway answers by itself. @param body as the response template renders it */
export function mockDefinition(body: string): string {
  return `${HEAD}paths:
  /items/{id}:
    get: ${mock(body)}
`;
}

function mock(body: string): string {
  const integration = {
    type: 'mock',
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    responses: { default: { statusCode: '200', responseTemplates: { 'application/json': body } } },
  };
  const method = {
    responses: { 200: { description: 'ok' } },
    'x-amazon-apigateway-integration': integration,
  };
  return JSON.stringify(method);
}

/** So many routes before the one that is asked for: five to a service, as REST APIs have them. */
export function manyRoutesDefinition(authority: string, routes: number): string {
  const method = (path: string): string =>
    `  ${path}:\n    get: { responses: {}, x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: "http://${authority}/items/42" } }\n`;
  let text = `${HEAD}paths:\n`;
  for (let service = 0; service < routes / 5; service++) {
    const base = `/service${service}/v1/users`;
    text += method(base);
    text += method(`${base}/{id}`);
    text += method(`${base}/{id}/orders`);
    text += method(`${base}/{id}/orders/{order}`);
    text += method(`/service${service}/files/{proxy+}`);
  }
  return text;
}

/** The proxy resource, and at `/_push` the number of the push. */
export function pushedDefinition(authority: string, push: number): string {
  return `${HEAD}paths:\n  /_push:\n    get: ${mock(String(push))}\n${proxyResource(authority)}`;
}
