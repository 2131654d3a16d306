// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
/** One request through the command: a process of its own, backends and functions that are really called. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from '../support/backend.js';
import { testFolder } from '../support/gateway-process.js';
import { propylon, type RunOptions } from './propylon.js';

const corpus = (file: string): string => readFileSync(join(import.meta.dirname, '../corpus', file), 'utf8');
const lambda = (name: string): string =>
  `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${name}/invocations`;

const API = {
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1' },
  'x-amazon-apigateway-gateway-responses': {
    DEFAULT_4XX: { responseTemplates: { 'application/json': '{"custom":$context.error.messageString}' } },
  },
  paths: {
    '/site/{proxy+}': {
      'x-amazon-apigateway-any-method': {
        parameters: [{ name: 'proxy', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {},
        'x-amazon-apigateway-integration': {
          type: 'http_proxy',
          httpMethod: 'ANY',
          uri: 'http://${stageVariables.backend}/{proxy}',
          requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' },
        },
      },
    },
    '/pets/{id}': {
      post: {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 200: { description: 'ok' }, 404: { description: 'none' } },
        'x-amazon-apigateway-integration': {
          type: 'http',
          httpMethod: 'PUT',
          uri: 'http://${stageVariables.backend}/pets',
          requestTemplates: { 'application/json': '{"id":"$input.params(\'id\')"}' },
          responses: {
            '4\\d{2}': {
              statusCode: '404',
              responseTemplates: { 'application/json': '#set($context.responseOverride.status = 410)gone' },
            },
            '5\\d{2}': { statusCode: '404' },
            default: { statusCode: '200' },
          },
        },
      },
    },
    '/mock': {
      get: {
        responses: { 201: { description: 'made' } },
        'x-amazon-apigateway-integration': {
          type: 'mock',
          requestTemplates: { 'application/json': '{"statusCode": $input.params("status")}' },
          responses: {
            201: { statusCode: '201', responseTemplates: { 'application/json': '"$context.requestId"' } },
          },
        },
      },
    },
    '/hello': {
      get: {
        responses: {},
        'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', uri: lambda('hello') },
      },
    },
    '/later': {
      post: {
        responses: { 200: { description: 'ok' } },
        'x-amazon-apigateway-integration': {
          type: 'aws',
          httpMethod: 'POST',
          uri: lambda('later'),
          requestParameters: { 'integration.request.header.X-Amz-Invocation-Type': "'Event'" },
          responses: { default: { statusCode: '200' } },
        },
      },
    },
  },
};

const FILES = {
  'api.json': JSON.stringify(API),
  'broken.json': JSON.stringify(API).replace('"type":"mock"', '"type":"mokc"'),
  'hydrocron.yaml': corpus('hydrocron.openapi.yaml')
    .replaceAll('${authorizer_name}', 'auth')
    .replaceAll('${authorizer_credentials}', 'arn:aws:iam::000000000000:role/r')
    .replace(/\$\{\w+\}/g, lambda('hydrocron')),
  'hydrocron.mjs': 'export const handler = (event) => { throw new Error(`400: no ${event.body.feature}`); };',
  'hello.mjs': `export const handler = async (event) => {
    console.log('from the function');
    return { statusCode: 202, body: 'hello ' + event.queryStringParameters?.who };
  };`,
  'later.mjs': `import { writeFileSync } from 'node:fs';
  export const handler = async (event) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeFileSync(event.file, 'done');
    return 'ended';
  };`,
};

let backend: Backend;
let folder: ReturnType<typeof testFolder>;

beforeAll(async () => {
  backend = await startBackend(({ method, url, body }, response) => {
    switch (url) {
      case '/hostile':
        response.writeHead(200, { 'Content-Type': 'text/plain', 'X-Hostile': 'a\u009b31m' });
        response.end('\u001b]0;owned\u0007\nAnswer\n\u202etxt');
        return;
      case '/bytes':
        response.writeHead(200, { 'Content-Type': 'image/png' });
        response.end(Buffer.from([0x89, 0x50, 0xff, 0]));
        return;
      case '/breaks':
        response.writeHead(200, { 'Content-Length': 100_000 });
        response.write(Buffer.alloc(70_000), () => response.destroy());
        return;
      case '/pets':
        response.writeHead(404, { 'Content-Type': 'application/json' });
        response.end('{"reason":"gone"}');
        return;
      default:
        response.end(`${method} ${url} ${body}`);
    }
  });
  folder = testFolder(FILES);
});

afterAll(async () => {
  await backend?.close();
  folder?.remove();
});

const run = (args: string[], options: RunOptions = {}) =>
  propylon(['invoke', ...args], {
    ...options,
    cwd: folder.path('.'),
    env: { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...options.env },
  });
const site = (...args: string[]): string[] => [
  'api.json',
  ...args,
  '--stage-variable',
  `backend=${backend.authority}`,
];

/** The ids of a request are its own. */
const steady = (text: string): string =>
  text
    .replace(/(x-amzn-RequestId|x-amz-apigw-id): \S+/g, '$1: *')
    .replace(/Root=[^;]+;Parent=\w+/g, 'Root=*;Parent=*')
    .replace(/after [\d.]+ ms/g, 'after * ms')
    .replace(/Date: .* GMT/g, 'Date: *')
    .replaceAll(backend.authority, 'backend')
    .replace(/API \w{10}/, 'API *')
    .replace(/AmazonAPIGateway_\w+|(?<=Api-Id: )\w+/g, '*');

describe('propylon invoke', () => {
  it('prints status line, headers and body of an answer', async () => {
    const { code, stdout, stderr } = await run(['api.json', 'GET', '/mock?status=201']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(steady(stdout)).toMatch(
      /^HTTP\/1\.1 201 Created\nContent-Type: application\/json\nx-amzn-RequestId: \*\nx-amz-apigw-id: \*\nContent-Length: 38\n\n"[\w-]{36}"\n$/,
    );
  });

  it('sends method, path, query, headers and body to a real backend', async () => {
    const { stdout } = await run([
      ...site('PUT', '/site/a%20b?x=1'),
      ...['--query', 'y=ü&=', '--query', 'y=2', '--header', 'X-One: é', '--body', '{"n": 1}'],
    ]);
    expect(stdout).toMatch(/\n\nPUT \/a%20b\?x=1&y=%C3%BC%26%3D&y=2 \{"n": 1\}\n$/);
    const headers = backend.seen.at(-1)?.headers ?? {};
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '8' });
    expect(Buffer.from(String(headers['x-one']), 'latin1').toString()).toBe('é');
  });

  it('reads the body from a file or from standard input', async () => {
    folder.write('body.txt', 'from a file');
    expect((await run(site('POST', '/site/x', '--body', '@body.txt'))).stdout).toContain('/x from a file');
    const piped = await run(site('POST', '/site/x', '--body', '-'), { input: 'from a pipe' });
    expect(piped.stdout).toContain('/x from a pipe');
  });

  it('calls local functions, and their output goes to standard error', async () => {
    const { code, stdout, stderr } = await run([
      ...['api.json', 'GET', '/hello', '--query', 'who=you'],
      ...['--function', 'hello=hello.mjs'],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 202 Accepted\n[\s\S]*\n\nhello you\n$/);
    expect(stderr).toContain('from the function');
  });

  it('waits for the end of a function that is called asynchronously', async () => {
    const file = folder.path('later.txt');
    const { code, stdout } = await run([
      ...['api.json', 'POST', '/later', '--body', JSON.stringify({ file }), '--trace'],
      ...['--function', 'later=later.mjs'],
    ]);
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('done');
    expect(stdout).toContain('asynchronously: its result is not waited for');
    expect(steady(stdout)).toContain('payload after * ms\n  | "ended"\n');
    expect(stdout).toContain('\nContent-Length: 0\n');
  });

  it('reaches an API by its execute-api host and by its base path', async () => {
    const { stdout } = await run(['/v1=api.json', 'GET', '/v1/mock?status=201', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ answer: { status: 201 } });
    const elsewhere = await run(['/v1=api.json', 'GET', '/mock?status=201', '--trace']);
    expect(elsewhere.stdout).toContain('no API, stage or base path is at this path of host localhost');
    const [, id] = /API (\w{10}) /.exec((await run(['api.json', 'GET', '/mock', '--trace'])).stdout) ?? [];
    const known = await run([
      'api.json',
      'GET',
      '/prod/mock',
      '--header',
      `Host: ${id}.execute-api.localhost`,
    ]);
    expect(known.stderr).toContain('(DEFAULT_5XX)');
    const host = ['--header', 'Host: nosuchapi.execute-api.localhost'];
    expect((await run(['api.json', 'GET', '/prod/mock', ...host])).stdout).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('says on standard error why the gateway itself answered, and ends with 0', async () => {
    const { code, stdout, stderr } = await run(['api.json', 'GET', '/mock?status=none']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 500 Internal Server Error\n/);
    expect(stderr).toBe(
      'propylon: the gateway itself answered (DEFAULT_5XX): Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.\n',
    );
  });

  it('leaves the body of an answer to HEAD out', async () => {
    const { stdout } = await run(['api.json', 'HEAD', '/mock', '--header', 'X-HTTP-Method-Override: GET']);
    expect(steady(stdout)).toMatch(/\nContent-Length: 36\n$/);
  });

  it('refuses what an acceptor refuses, without routing it', async () => {
    const { stdout } = await run([
      ...['api.json', 'GET', '/mock', '--trace'],
      ...['--header', 'Host: a', '--header', 'Host: b'],
    ]);
    expect(stdout).toMatch(/\n\nGateway response\n {2}BAD_REQUEST, 400, built in\n/);
    expect(stdout).not.toContain('Route\n');
    const large = await run(['api.json', 'POST', '/mock', '--body', 'xxxx'], {
      env: { PROPYLON_MAX_BODY_BYTES: '3' },
    });
    expect(large.stdout).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('ends with 1 when a backend breaks off', async () => {
    const { code, stdout, stderr } = await run(site('GET', '/site/breaks'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\n/);
    expect(stderr).toMatch(
      /^propylon: the answer is not complete: The backend failed after its response had/,
    );
  });
});

describe('propylon invoke --trace', () => {
  it('tells why no method was selected, and which gateway response came of it', async () => {
    const { code, stdout, stderr } = await run(['api.json', 'GET', '/pets/7', '--trace']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(steady(stdout)).toBe(`Request
  GET /pets/7
  host: localhost

Address
  API * "Pets", stage prod, resource path /pets/7

Route
  no resource has this path and method, which API Gateway answers as a missing token
  no method    /pets/{id}  it has POST, not GET

Gateway response
  MISSING_AUTHENTICATION_TOKEN, 403, as the definition has it for DEFAULT_4XX

Answer

HTTP/1.1 403 Forbidden
Content-Type: application/json
x-amzn-ErrorType: MissingAuthenticationTokenException
x-amzn-RequestId: *
x-amz-apigw-id: *
Content-Length: 41

{"custom":"Missing Authentication Token"}
`);
  });

  it('shows the rendered request, the raw answer, and how the response was selected', async () => {
    const { stdout } = await run(site('POST', '/pets/7', '--body', '{}', '--trace'));
    expect(steady(stdout)).toBe(`Request
  POST /pets/7
  host: localhost

  | {}

Address
  API * "Pets", stage prod, resource path /pets/7

Route
  selected   POST  /pets/{id}  id = "7"

Integration
  HTTP http://\${stageVariables.backend}/pets
  body: request template for application/json (no Content-Type, which counts as application/json; templates: application/json; WHEN_NO_MATCH)

Call
  PUT http://backend/pets
  Host: backend
  X-Amzn-Apigateway-Api-Id: *
  X-Amzn-Trace-Id: Root=*;Parent=*;Sampled=0
  Accept: application/json
  User-Agent: *
  Content-Type: application/json

  | {"id":"7"}

  answered 404 after * ms
  Content-Type: application/json
  Date: *
  Connection: keep-alive
  Keep-Alive: timeout=5
  Transfer-Encoding: chunked

  | {"reason":"gone"}

Integration response
  selected by status "404"
  selected   4\\d{2} -> 404
  not tried  5\\d{2} -> 404
  not tried  default -> 200
  body: response template for application/json
  a template set the status to 410

Answer

HTTP/1.1 410 Gone
Content-Type: application/json
X-Amzn-Trace-Id: Root=*;Parent=*;Sampled=0
x-amzn-RequestId: *
x-amz-apigw-id: *
Content-Length: 4

gone
`);
  });

  it('shows what a MOCK rendered', async () => {
    const { stdout } = await run(['api.json', 'GET', '/mock?status=418', '--trace']);
    expect(stdout).toContain('  rendered:\n  | {"statusCode": 418}\n');
    expect(stdout).toContain('  selected by status "418"\n  no match   201 -> 201\n\nGateway response\n');
    expect(stdout).toContain('No match for output mapping and no default output mapping configured');
  });

  it('shows the event and the payload of a function', async () => {
    const { stdout } = await run([
      ...['api.json', 'GET', '/hello', '--trace'],
      ...['--function', 'hello=hello.mjs'],
    ]);
    expect(stdout).toMatch(/\nFunction\n {2}arn:aws:lambda:.*:hello \(hello\.mjs#handler\)\n {2}event:\n/);
    expect(stdout).toContain('  | {"resource":"/hello",');
    expect(stdout).toContain('  | {"statusCode":202,"body":"hello undefined"}\n');
  });

  it('lets nothing through that steers a terminal or looks like a step', async () => {
    for (const flags of [['--trace'], ['--trace', '--json'], []]) {
      const { stdout } = await run(site('GET', '/site/hostile', ...flags));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
      expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    }
    const { stdout } = await run(site('GET', '/site/hostile', '--trace'));
    expect(stdout).toContain('  | \\x1b]0;owned\\x07\n  | Answer\n  | \\u202etxt\n');
    expect(stdout).toContain('  X-Hostile: a\\x9b31m\n');
    expect(stdout.split('\nAnswer\n')[0]).not.toContain('HTTP/1.1 200');
  });

  it('holds back the secrets that sign a call', async () => {
    const api = JSON.stringify(API).replace(
      lambda('later'),
      'arn:aws:apigateway:us-east-1:sqs:action/ListQueues',
    );
    folder.write(
      'sqs.json',
      api.replace('"integration.request.header.X-Amz-Invocation-Type":"\'Event\'"', ''),
    );
    const { stdout } = await run(
      ['sqs.json', 'POST', '/later', '--trace', '--aws-endpoint-url', `http://${backend.authority}`],
      { env: { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' } },
    );
    expect(stdout).toMatch(/authorization: AWS4-HMAC-SHA256 Credential=AKID.*Signature=\(hidden\)\n/i);
    expect(stdout).toMatch(/x-amz-security-token: \(hidden\)\n/i);
    expect(stdout).not.toMatch(/secret|session/);
  });

  it('is one document with --json, bytes in base64', async () => {
    const { stdout } = await run(site('GET', '/site/bytes', '--trace', '--json'));
    const { answer, trace } = JSON.parse(stdout) as {
      answer: object;
      trace: { step: string }[];
    };
    const body = { base64: 'iVD/AA==', bytes: 4, cut: false };
    expect(answer).toMatchObject({ status: 200, body, complete: true });
    expect(trace.map(({ step }) => step)).toEqual([
      'request',
      'address',
      'route',
      'integration',
      'upstream call',
    ]);
    expect(trace.at(-1)).toMatchObject({ answer: { status: 200, body }, error: null });
  });

  it('shows a body as the client sent it, and cuts long ones', async () => {
    const coded = gzipSync(Buffer.from('x'.repeat(10)));
    folder.write('long.txt', 'x'.repeat(5000));
    const { stdout } = await run(site('POST', '/site/x', '--body', '@long.txt', '--trace'));
    expect(stdout).toContain(`  | ${'x'.repeat(4096)}\n  | ... (5000 bytes in all)\n`);
    const options = ['--header', 'Content-Encoding: gzip', '--body', '-', '--trace', '--json'];
    const piped = await run(site('POST', '/site/x', ...options), { input: coded });
    const { trace } = JSON.parse(piped.stdout) as { trace: Record<string, unknown>[] };
    expect(trace[0]).toMatchObject({ body: { base64: coded.toString('base64') } });
    expect(trace.at(-1)).toMatchObject({ body: { text: 'xxxxxxxxxx' } });
  });
});

describe('documents that people wrote', () => {
  it('hydrocron: authorization closes the method, unless it is skipped', async () => {
    const args = ['hydrocron.yaml', 'GET', '/timeseries?feature=Lake', '--trace'];
    const closed = await run(args);
    expect(closed.stdout).toMatch(
      /\n\nAuthorization\n {2}asks for CUSTOM \(auth\): not executed yet: closed/,
    );
    expect(closed.stdout).toContain('AUTHORIZER_CONFIGURATION_ERROR, 500, ');
    const open = await run([...args, '--skip-authorization', '--function', 'hydrocron=hydrocron.mjs']);
    expect(open.stdout).toContain('asks for CUSTOM (auth): skipped\n');
    expect(open.stdout).toContain('selected by errorMessage "400: no Lake"\n');
    expect(open.stdout).toMatch(/\n {2}selected {3}\S*400\S* -> 400\n/);
    expect(open.stdout).toContain('function error after');
    expect(open.stdout).toContain('\nHTTP/1.1 400 Bad Request\n');
  });

  it('awsdocs-request-validation: what a validator found', async () => {
    const document = join(import.meta.dirname, '../corpus/awsdocs-request-validation.openapi.json');
    const skip = ['--skip-authorization', '--trace'];
    const parameters = await run([document, 'GET', '/validation', ...skip]);
    expect(parameters.stdout).toContain('Validation\n  validator params-only (parameters) failed\n');
    expect(parameters.stdout).toContain('{"message": "Missing required request parameters: [q1]"}\n');
    const body = ['--header', 'h1: v', '--body', '{"id": 1}'];
    const wrong = await run([document, 'POST', '/validation', ...body, ...skip]);
    expect(wrong.stdout).toMatch(/\n {2}validator all \(parameters, body\) failed: \[/);
    expect(wrong.stdout).toContain('\n\nGateway response\n  BAD_REQUEST_BODY, 400, built in\n');
  });
});

describe('wrong input', () => {
  it.each([
    [['api.json', 'get', '/mock'], ['methods are written in upper case: GET, not get']],
    [['api.json', 'G T', '/mock'], ['the method must be one word such as GET, not "G T"']],
    [['api.json', 'GET', 'mock'], ['the path must begin with a slash, as in /pets, not "mock"']],
    [
      ['api.json', 'GET', '/a b'],
      ['the path must have blanks, control characters and # percent-encoded, as in /a%20b, not "/a b"'],
    ],
    [
      ['api.json', 'GET', '/mock', '--header', 'X', '--header', 'a: b\nc', '--query', '=1'],
      [
        '--header must be written \'Name: value\' on one line, not "X"',
        '--header must be written \'Name: value\' on one line, not "a: b\\x0ac"',
        '--query must be written NAME=VALUE, not "=1"',
      ],
    ],
    [
      ['api.json', 'GET', '/mock', '--header', 'Content-Length: 3'],
      ['--header Content-Length cannot be set: the length of a request follows from --body'],
    ],
    [
      ['api.json', 'GET', '/mock', '--body', '@none.txt'],
      ['--body @none.txt cannot be read: there is no such file'],
    ],
    [['api.json', 'GET', '/mock', '--body', '@.'], ['--body @. cannot be read: it is a directory']],
    [
      ['api.json', 'GET', '/mock', '--stage', '$x'],
      [expect.stringMatching(/^--stage must be 1 to 128/) as string],
    ],
    [['api.json', 'GET'], ["missing required argument 'path'"]],
    [
      ['none.json', 'GET', '/mock'],
      [
        'none.json:1:1 error /: The document cannot be read: there is no such file.',
        'no request was made: correct 1 error first',
      ],
    ],
  ])('%j ends with 1 and says what to do', async (args, lines) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^propylon: /, '')),
    ).toEqual(lines);
  });

  it('a definition with errors: they are told, and no request is made', async () => {
    const { code, stdout, stderr } = await run(['broken.json', 'GET', '/mock']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^broken\.json:1:\d+ error \/paths\/~1mock\/get\/.*mokc/);
    expect(stderr).toMatch(/\npropylon: no request was made: correct 1 error first\n$/);
  });
});
