/** `propylon start` with a port for TLS. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { certificatePath, HttpsClient, shownCertificate, untilShown } from '../support/tls-client.js';
import { until } from '../support/until.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const API = JSON.stringify({
  openapi: '3.0.3',
  info: { title: 'Echo', version: '1' },
  paths: {
    '/echo': {
      get: {
        'x-amazon-apigateway-integration': {
          type: 'aws_proxy',
          httpMethod: 'POST',
          uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:echo/invocations',
        },
      },
    },
  },
});
const ECHO = 'export const handler = (event) => ({ statusCode: 200, body: JSON.stringify(event) });';

let cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
});

function folderWith(certificate: string): ReturnType<typeof testFolder> {
  const text = (kind: string): string => readFileSync(certificatePath(`${certificate}.${kind}`), 'utf8');
  const folder = testFolder({
    'api.json': API,
    'echo.mjs': ECHO,
    'tls.crt': text('crt'),
    'tls.key': text('key'),
  });
  cleanUps.push(() => folder.remove());
  return folder;
}

function argumentsFor(folder: ReturnType<typeof testFolder>, tlsPort = 0): string[] {
  const { path } = folder;
  const tls = ['--tls-port', String(tlsPort), '--tls-cert', path('tls.crt'), '--tls-key', path('tls.key')];
  return [path('api.json'), '--host', '127.0.0.1', '--function', `echo=${path('echo.mjs')}`, ...tls];
}

async function started(args: string[]): Promise<GatewayProcess> {
  const gateway = await startGateway(args);
  cleanUps.push(() => gateway.stop());
  return gateway;
}

function failure(args: string[]): string {
  const run = spawnSync(process.execPath, [MAIN, 'start', '--port', '0', '--admin-port', '0', ...args], {
    encoding: 'utf8',
  });
  expect(run.status).toBe(1);
  return run.stderr;
}

test('events say by which port and protocol the client came', async () => {
  const { port, tlsPort } = await started(argumentsFor(folderWith('default')));
  const client = new HttpsClient(tlsPort, 'localhost');
  cleanUps.push(() => client.close());
  const overTls = JSON.parse((await client.send('GET', '/echo')).body.toString());
  const plain = JSON.parse(await (await fetch(`http://127.0.0.1:${port}/echo`)).text());
  expect(overTls.headers).toMatchObject({ 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': `${tlsPort}` });
  expect(plain.headers).toMatchObject({ 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': `${port}` });
  for (const event of [overTls, plain]) expect(event.requestContext.identity.sourceIp).toBe('127.0.0.1');
});

test('a renewed certificate is served, on SIGHUP too, and the log says so without the key', async () => {
  const folder = folderWith('default');
  const gateway = await started(argumentsFor(folder));
  expect(await shownCertificate(gateway.tlsPort)).toBe('default');
  for (const kind of ['crt', 'key']) {
    copyFileSync(certificatePath(`default-renewed.${kind}`), folder.path(`tls.${kind}`));
  }
  gateway.process.kill('SIGHUP');
  await untilShown(gateway.tlsPort, undefined, 'default-renewed');
  await until(() => gateway.stderr().includes('was replaced; the new one is valid until'));
  expect(gateway.stderr()).not.toContain('PRIVATE KEY');
  expect(await gateway.stop()).toBe(0);
});

test('a certificate that cannot be used, or a port in use, ends the start with the reason', async () => {
  const folder = folderWith('default');
  folder.write('tls.crt', 'nothing');
  expect(failure(argumentsFor(folder))).toMatch(
    /^propylon: the certificate for TLS cannot be used: .*tls\.crt holds no certificate in PEM form/,
  );
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => other.close());
  const address = other.address();
  const taken = typeof address === 'object' ? (address?.port ?? 0) : 0;
  expect(failure(argumentsFor(folderWith('default'), taken))).toMatch(
    new RegExp(`^propylon: port ${taken} on 127.0.0.1 is in use; choose another with --tls-port`),
  );
});
