/** The AWS CLI makes an API, deploys it and calls it; as in the documentation. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsCli } from '../../set-up/aws-cli.js';
import { type GatewayProcess, startGateway, testFolder } from '../../support/gateway-process.js';
import { until } from '../../support/until.js';
import { answerOf, REGION } from './sdk.js';

const program = awsCli();

interface Called {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe.skipIf(program === undefined)('the AWS CLI (package awscli; skipped where there is none)', () => {
  let node: GatewayProcess;
  const files = testFolder({});
  beforeAll(async () => {
    node = await startGateway(['--region', REGION]);
  });
  afterAll(async () => {
    await node.stop();
    files.remove();
  });

  function call(...args: string[]): Promise<Called> {
    const all = ['apigateway', ...args, '--endpoint-url', node.adminUrl, '--output', 'json'];
    const child = spawn(program ?? '', all, {
      env: {
        PATH: process.env.PATH,
        // No configuration of whoever runs the tests.
        HOME: files.path('.'),
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_DEFAULT_REGION: REGION,
        AWS_PAGER: '',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  }

  async function ok(...args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await call(...args);
    if (code !== 0) throw new Error(`aws apigateway ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout.trim() === '' ? {} : JSON.parse(stdout);
  }

  test('reads a whole rate as a rate', async () => {
    const plan = await ok('create-usage-plan', '--name', 'p', '--throttle', 'rateLimit=10,burstLimit=5');
    expect(plan.throttle).toEqual({ rateLimit: 10, burstLimit: 5 });
  });

  test('creates an API, deploys it and finds it again', async () => {
    const { id } = await ok('create-rest-api', '--name', 'hello');
    const api = ['--rest-api-id', String(id)];
    const { items } = await ok('get-resources', ...api);
    const [root] = items as { id: string }[];
    const method = [...api, '--resource-id', root?.id ?? '', '--http-method', 'GET'];
    await ok('put-method', ...method, '--authorization-type', 'NONE');
    await ok('put-method-response', ...method, '--status-code', '200');
    const template = '{"application/json":"{\\"statusCode\\": 200}"}';
    await ok('put-integration', ...method, '--type', 'MOCK', '--request-templates', template);
    const answer = '{"application/json":"hello from the CLI"}';
    await ok('put-integration-response', ...method, '--status-code', '200', '--response-templates', answer);
    await ok('create-deployment', ...api, '--stage-name', 'prod', '--variables', 'version=1');
    await until(async () => (await answerOf(node.url, String(id), 'prod')) === 'hello from the CLI');
    expect(await ok('get-stages', ...api)).toMatchObject({
      item: [{ stageName: 'prod', variables: { version: '1' }, methodSettings: {} }],
    });
    expect(await ok('get-rest-apis')).toMatchObject({ items: [{ id, name: 'hello' }] });
  }, 60_000);

  test('imports a document, exports it to a file, and is told what is wrong', async () => {
    files.write(
      'api.json',
      JSON.stringify({
        swagger: '2.0',
        info: { title: 'imported', version: '1' },
        paths: {
          '/a': {
            get: {
              responses: { 200: { description: 'fine' } },
              'x-amazon-apigateway-integration': {
                type: 'mock',
                responses: { default: { statusCode: '200' } },
              },
            },
          },
        },
      }),
    );
    // Version 2 takes binary parameters as base64 unless they come with fileb://.
    const body = `fileb://${files.path('api.json')}`;
    const { id } = await ok(
      'import-rest-api',
      '--body',
      body,
      '--parameters',
      'endpointConfigurationTypes=REGIONAL',
    );
    const api = ['--rest-api-id', String(id)];
    await ok('create-deployment', ...api, '--stage-name', 'v1');
    const file = files.path('exported.yaml');
    const what = ['--stage-name', 'v1', '--export-type', 'oas30', '--accepts', 'application/yaml'];
    const exported = await ok('get-export', ...api, ...what, file);
    expect(exported).toMatchObject({ contentType: 'application/octet-stream' });
    const refused = await call('get-stage', ...api, '--stage-name', 'v2');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(
      'An error occurred (NotFoundException) when calling the GetStage operation: Invalid Stage identifier specified',
    );
  }, 60_000);
});
