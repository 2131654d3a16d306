import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { propylon } from './propylon.js';

const good = `openapi: 3.0.1
info: { title: Pets, version: "1" }
paths:
  /pets:
    get:
      responses: { "200": { description: ok } }
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: { application/json: '{"statusCode": 200}' }
        responses: { default: { statusCode: "200" } }
  /pets/{id}:
    get:
      responses: { "200": { description: ok } }
      x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: "http://pets.internal/all" }
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-cli-'));
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  put('good.yaml', good);
  put('warned.yaml', good.replace('type: mock', 'type: mock\n        colour: red'));
  put('broken.yaml', good.replace('type: mock', 'type: mokc'));
  put(
    'cached.yaml',
    good.replace('type: mock', 'type: mock\n        cacheKeyParameters: [method.request.path.x]'),
  );
  put('template.yaml', good.replace(`'{"statusCode": 200}'`, `'{"statusCode": #if($input.params("s"))}'`));
  put('syntax.yaml', 'openapi: 3.0.1\npaths: [\n');
  put('binary.yaml', 'a\0b');
  put('latin1.yaml', '');
  writeFileSync(join(folder, 'latin1.yaml'), Buffer.from('caf\xe9', 'latin1'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => propylon(args, { cwd: folder });

describe('propylon', () => {
  it('prints the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect((await run('-V')).stdout).toBe(`${version}\n`);
  });

  it('begins with a line that lets the system run it', () => {
    expect(readFileSync('dist/cli/main.js', 'utf8').split('\n', 1)).toEqual(['#!/usr/bin/env node']);
  });

  const COMMANDS = 'start validate routes invoke push status history diff rollback remove pull'.split(' ');

  it.each(COMMANDS)('explains %s, with examples', async (command) => {
    const { code, stdout, stderr } = await run(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: propylon ${command}`);
    expect(stdout).toContain(`Examples:\n  propylon ${command} `);
    expect(stdout).toMatch(/ -h, --help +print this help/);
  });

  it('names every flag and the rule for environment variables in the help of start', async () => {
    const { stdout } = await run('start', '--help');
    const flags =
      'port host admin-port admin-host workers acceptors stage stage-variable base-path lambda-endpoint aws-endpoint-url region ' +
      'account-id function function-timeout watch config grace max-in-flight max-body-bytes access-log ' +
      'access-log-file upstream-client upstream-connections upstream-connect-timeout no-execute-api-hosts ' +
      'no-execute-api-paths skip-authorization redis redis-ca redis-cert redis-key namespace data-dir config-key node-id ' +
      'history';
    for (const flag of flags.split(' ')) expect(stdout).toMatch(new RegExp(`^  --${flag}[ \\n]`, 'm'));
    expect(stdout).toContain('--admin-port is PROPYLON_ADMIN_PORT');
    expect(stdout).toContain('PROPYLON_STAGE_VARIABLES=');
  });

  it('shows its help on standard error when it is told nothing', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Usage: propylon');
  });

  it.each([
    [['start', '--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['strat'], "unknown command 'strat' (Did you mean start?)"],
    [['good.yaml'], 'there is no command good.yaml (did you mean propylon start good.yaml?)'],
    [['validate'], "missing required argument 'definition'"],
    [['routes', 'a.yaml', 'b.yaml'], /^too many arguments for 'routes'\. Expected 1 argument but got 2/],
    [['start', '--port'], "option '--port <number>' argument missing"],
    [['start', 'good.yaml', '--port', 'x'], '--port must be a whole number from 0 to 65535, not "x"'],
    [['start', 'good.yaml', '--port', '-1'], '--port must be a whole number from 0 to 65535, not "-1"'],
    [['start', 'good.yaml', '--stage', '$default'], /^--stage must be 1 to 128 letters/],
    [['start', 'good.yaml', '--access-log', 'xml'], '--access-log must be one of off, text, json, not "xml"'],
    [
      ['start', 'good.yaml', '--config', 'none.yaml'],
      /^cannot read the configuration file none\.yaml: there is no/,
    ],
    [
      ['start', 'good.yaml', 'warned.yaml'],
      /^warned\.yaml and good\.yaml are both mapped at \/: .*--config$/,
    ],
  ])('answers %j in one line on standard error', async (args, message) => {
    const { code, stdout, stderr } = await propylon(args, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.endsWith('\n')).toBe(true);
    const lines = stderr.slice(0, -1).split('\n');
    expect(lines).toHaveLength(1);
    const line = lines[0]?.replace(/^propylon: /, '');
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });

  it('takes settings from the environment, and a flag wins', async () => {
    const env = { PROPYLON_PORT: 'from-environment', PROPYLON_GRACE: 'soon' };
    const { stderr } = await propylon(['start', 'good.yaml', '--port', 'from-flag'], { cwd: folder, env });
    expect(stderr).toBe(
      'propylon: --port must be a whole number from 0 to 65535, not "from-flag"\n' +
        'propylon: PROPYLON_GRACE must be a time from 0ms to 24h such as 30, 30s, 500ms or 5m, not "soon"\n',
    );
  });

  it('tells every problem of the configuration file with line and column', async () => {
    writeFileSync(
      join(folder, 'propylon.yaml'),
      'prot: 1\nport: x\napis:\n  - definition: good.yaml\n    stge: a\n',
    );
    const { code, stderr } = await run('start', '--config', 'propylon.yaml');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'propylon: propylon.yaml:1:1: the key prot is not known (did you mean port?)\n' +
        'propylon: propylon.yaml:5:5: the key stge is not known in apis[0] (did you mean stage?)\n' +
        'propylon: propylon.yaml:2:7: port must be a whole number from 0 to 65535, not "x"\n',
    );
    rmSync(join(folder, 'propylon.yaml'));
  });

  it('loads no part of the gateway for help, version and validation', async () => {
    const refuse = `export async function resolve(specifier, context, next) {
      if (/^(piscina|uWebSockets\\.js|undici|@aws-sdk\\/.*)$/.test(specifier)) throw new Error('loads ' + specifier);
      return next(specifier, context);
    }`;
    writeFileSync(join(folder, 'refuse.mjs'), refuse);
    const register = `import { register } from 'node:module'; register('./refuse.mjs', import.meta.url);`;
    writeFileSync(join(folder, 'register.mjs'), register);
    const options = { cwd: folder, env: { NODE_OPTIONS: '--import=./register.mjs' } };
    for (const args of [
      ['--version'],
      ['start', '--help'],
      ['invoke', '--help'],
      ['push', '--help'],
      ['validate', 'good.yaml'],
      ['routes', 'good.yaml'],
    ]) {
      expect(await propylon(args, options)).toMatchObject({ code: 0, stderr: '' });
    }
    expect((await propylon(['start', 'good.yaml'], options)).stderr).toMatch(/loads (piscina|uWebSockets)/);
  });
});

describe('propylon validate', () => {
  it('says that a definition is valid', async () => {
    expect(await run('validate', 'good.yaml')).toEqual({
      code: 0,
      stdout: 'good.yaml: valid, 2 methods, 0 warnings\n',
      stderr: '',
    });
  });

  it('tells warnings with file, line, column and pointer, and fails for them only when asked to', async () => {
    const { code, stdout } = await run('validate', 'warned.yaml');
    expect(code).toBe(0);
    const [first, summary] = stdout.trim().split('\n');
    expect(first).toMatch(
      /^warned\.yaml:9:9 warning \/paths\/~1pets\/get\/x-amazon-apigateway-integration\/colour: .*colour.*\.$/,
    );
    expect(summary).toBe('warned.yaml: valid, 2 methods, 1 warning');
    expect((await run('validate', '--strict', 'warned.yaml')).code).toBe(1);
    expect((await run('validate', '--strict', 'good.yaml')).code).toBe(0);
  });

  it('tells what is not executed yet, which is no failure', async () => {
    const { code, stdout } = await run('validate', '--strict', 'cached.yaml');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cached\.yaml:9:\d+ warning .*not cached yet/);
    expect(stdout).toMatch(/\ncached\.yaml: valid, 2 methods, 0 warnings, 1 part not executed yet\n$/);
  });

  it('finds errors inside mapping templates, with line and column there', async () => {
    const { code, stdout } = await run('validate', 'template.yaml');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^template\.yaml:9:\d+ error \S+\/requestTemplates\/application~1json: .* at template line 1 column 16, #if is not closed/,
    );
  });

  it('tells everything about every file before it fails', async () => {
    const { code, stdout, stderr } = await run('validate', 'broken.yaml', 'good.yaml', 'syntax.yaml');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(
      /^broken\.yaml:8:\d+ error \/paths\/~1pets\/get\/x-amazon-apigateway-integration\/type: .*mokc/,
    );
    expect(stdout).toMatch(/\nbroken\.yaml: not valid, 1 error, 0 warnings\n/);
    expect(stdout).toMatch(/\ngood\.yaml: valid, 2 methods, 0 warnings\n/);
    expect(stdout).toMatch(/\nsyntax\.yaml:\d+:\d+ error \/: /);
  });

  it.each([
    ['none.yaml', 'there is no such file'],
    ['.', 'it is a directory'],
    ['good.yaml/x', 'there is no such file'],
    ['binary.yaml', 'it is a binary file'],
    ['latin1.yaml', 'it is not UTF-8 text'],
    ['/dev/null', 'it is not a file'],
  ])('says why %s cannot be read', async (file, reason) => {
    const { code, stdout } = await run('validate', file);
    expect(code).toBe(1);
    expect(stdout).toBe(
      `${file}:1:1 error /: The document cannot be read: ${reason}.\n${file}: not valid, 1 error, 0 warnings\n`,
    );
  });

  it('prints JSON for programs', async () => {
    const { code, stdout } = await run('validate', '--json', 'broken.yaml', 'cached.yaml');
    expect(code).toBe(1);
    const { files } = JSON.parse(stdout) as { files: Record<string, unknown>[] };
    expect(files).toMatchObject([
      {
        file: 'broken.yaml',
        valid: false,
        problems: [
          {
            severity: 'error',
            line: 8,
            pointer: '/paths/~1pets/get/x-amazon-apigateway-integration/type',
            message: expect.stringContaining('mokc') as string,
          },
        ],
      },
      {
        file: 'cached.yaml',
        valid: true,
        methods: 2,
        problems: [],
        notExecuted: [{ severity: 'warning' }],
      },
    ]);
  });
});

describe('propylon routes', () => {
  it('shows the resource tree', async () => {
    const { code, stdout, stderr } = await run('routes', 'good.yaml');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/pets +GET +MOCK/);
    expect(stdout).toMatch(/\{id\} +GET +HTTP_PROXY +http:\/\/pets\.internal\/all/);
    // Nothing steers a terminal when nobody sits at one.
    expect(stdout).not.toContain('\u001b');
  });

  it('tells the errors of a broken definition instead', async () => {
    const { code, stdout, stderr } = await run('routes', 'broken.yaml');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^broken\.yaml:8:\d+ error /);
  });
});
