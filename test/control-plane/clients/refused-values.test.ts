/** What the AWS SDK is told about values that make no sense, by a running node. */
import type { APIGateway } from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayProcess, startGateway } from '../../support/gateway-process.js';
import { failureOf, plain, REGION, sdk, textApi } from './sdk.js';

let node: GatewayProcess;
let api: APIGateway;
beforeAll(async () => {
  node = await startGateway(['--region', REGION]);
  api = sdk(node.adminUrl);
});
afterAll(async () => {
  api.destroy();
  await node.stop();
});

const bad = (message: string) => [400, 'BadRequestException', message];
const replace = (path: string, value: string) => ({
  patchOperations: [{ op: 'replace' as const, path, value }],
});

describe('a usage plan', () => {
  const name = 'plan';
  const noPeriod = bad('Invalid quota period specified: null. Valid options are DAY,WEEK,MONTH');

  test('has no quota without a period, neither created nor patched', async () => {
    expect(await failureOf(api.createUsagePlan({ name, quota: { limit: 10 } }))).toEqual(noPeriod);
    const { id: usagePlanId } = await api.createUsagePlan({ name });
    const patched = api.updateUsagePlan({ usagePlanId, ...replace('/quota/limit', '10') });
    expect(await failureOf(patched)).toEqual(noPeriod);
    const limit = { op: 'replace' as const, path: '/quota/limit', value: '10' };
    const period = { op: 'replace' as const, path: '/quota/period', value: 'DAY' };
    const { quota } = await api.updateUsagePlan({ usagePlanId, patchOperations: [limit, period] });
    expect(quota).toEqual({ limit: 10, offset: 0, period: 'DAY' });
  });

  test('reads rates as numbers, whole ones and others', async () => {
    for (const rateLimit of [10, 0.5]) {
      const made = await api.createUsagePlan({ name, throttle: { rateLimit, burstLimit: 2 } });
      expect(made.throttle).toEqual({ rateLimit, burstLimit: 2 });
      const { id: usagePlanId } = made;
      const patched = await api.updateUsagePlan({ usagePlanId, ...replace('/throttle/rateLimit', '20.0') });
      expect(patched.throttle?.rateLimit).toBe(20);
    }
  });
});

describe('a resource policy', () => {
  const refused = bad(
    'Invalid policy document. Please check the policy syntax and ensure that Principals are valid.',
  );
  const statement = { Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: '*/GET/*' };
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });

  test('that is no policy document is refused', async () => {
    const { id: restApiId } = await api.createRestApi({ name: 'shop' });
    for (const text of ['no JSON', '[]', 'null', '"x"', '{}', '{"Statement":"x"}']) {
      expect(await failureOf(api.createRestApi({ name: 'shop', policy: text })), text).toEqual(refused);
      const patched = api.updateRestApi({ restApiId, ...replace('/policy', text) });
      expect(await failureOf(patched), text).toEqual(refused);
    }
    const domain = api.createDomainName({ domainName: 'policy.example.com', policy: 'no JSON' });
    expect(await failureOf(domain)).toEqual(refused);
  });

  test('is shown escaped once more, as Terraform unescapes it, and goes with an empty text', async () => {
    const made = await api.createRestApi({
      name: 'shop',
      policy: JSON.stringify(JSON.parse(policy), null, 2),
    });
    expect(made.policy).toContain('\\/GET\\/');
    expect(JSON.parse(`"${made.policy}"`)).toBe(policy);
    const { id: restApiId } = made;
    const copy = await api.createRestApi({ name: 'copy', cloneFrom: restApiId });
    expect(copy.policy).toBe(made.policy);
    expect((await api.updateRestApi({ restApiId, ...replace('/policy', '') })).policy).toBeUndefined();
  });
});

describe('an integration', () => {
  let method: { restApiId: string | undefined; resourceId: string | undefined; httpMethod: string };
  const uri = 'http://localhost:9000/';
  const badMethod = bad(
    'Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY',
  );
  const noLink = bad(
    'Invalid connection ID specified. Setting the connection type to VPC_LINK requires the ID of a VPC link or a stage variable.',
  );
  beforeEach(async () => {
    const { id: restApiId, rootResourceId: resourceId } = await api.createRestApi({ name: 'shop' });
    method = { restApiId, resourceId, httpMethod: 'GET' };
    await api.putMethod({ ...method, authorizationType: 'NONE' });
  });
  const http = { type: 'HTTP_PROXY' as const, integrationHttpMethod: 'GET', uri };

  test('calls its backend with a method that there is', async () => {
    const foo = { ...method, ...http, integrationHttpMethod: 'FOO' };
    expect(await failureOf(api.putIntegration(foo))).toEqual(badMethod);
    await api.putIntegration({ ...method, ...http });
    const patched = api.updateIntegration({ ...method, ...replace('/httpMethod', 'FOO') });
    expect(await failureOf(patched)).toEqual(badMethod);
  });

  test('over a VPC link names the link, which a patch may do beside its type', async () => {
    const unnamed = { ...method, ...http, connectionType: 'VPC_LINK' as const };
    expect(await failureOf(api.putIntegration(unnamed))).toEqual(noLink);
    await api.putIntegration({ ...method, ...http });
    const type = { op: 'replace' as const, path: '/connectionType', value: 'VPC_LINK' };
    const id = { op: 'replace' as const, path: '/connectionId', value: `\${stageVariables.link}` };
    expect(await failureOf(api.updateIntegration({ ...method, patchOperations: [type] }))).toEqual(noLink);
    const patched = await api.updateIntegration({ ...method, patchOperations: [type, id] });
    expect(patched.connectionId).toBe(id.value);
  });

  test('has a timeout that is a decimal number', async () => {
    await api.putIntegration({ ...method, ...http });
    const patched = api.updateIntegration({ ...method, ...replace('/timeoutInMillis', '0x1000') });
    expect(await failureOf(patched)).toEqual(bad('Timeout should be between 50 ms and 29000 ms'));
  });
});

describe('a stage', () => {
  let stage: { restApiId: string; stageName: string };
  beforeEach(async () => {
    stage = { restApiId: await textApi(api, 'shop', 'fine'), stageName: 'prod' };
    await api.createDeployment(stage);
  });

  test('has a canary with a decimal percentage', async () => {
    for (const value of ['0x10', '1e1', ' 5', '', '5.', '.5', 'Infinity', '101']) {
      const patched = api.updateStage({ ...stage, ...replace('/canarySettings/percentTraffic', value) });
      expect(await failureOf(patched), value).toEqual(
        bad('Invalid canary percentTraffic specified: it must be between 0.0 and 100.0'),
      );
    }
    const patched = await api.updateStage({
      ...stage,
      ...replace('/canarySettings/percentTraffic', '12.50'),
    });
    expect(patched.canarySettings?.percentTraffic).toBe(12.5);
  });

  test('stays while base path mappings lead to it, and so does its API', async () => {
    const domainName = 'stage.example.com';
    await api.createDomainName({ domainName });
    await api.createBasePathMapping({ domainName, ...stage, stage: stage.stageName, basePath: 'shop' });
    expect(await failureOf(api.deleteStage(stage))).toEqual(
      bad(
        `Deleting stage prod failed. Please remove all base path mappings related to the stage in your domains: ${domainName}`,
      ),
    );
    expect(await failureOf(api.deleteRestApi(stage))).toEqual(
      bad(
        `Deleting RestApi ${stage.restApiId} failed. Please remove all base path mappings related to the RestApi in your domains: ${domainName}.`,
      ),
    );
    await api.deleteBasePathMapping({ domainName, basePath: 'shop' });
    await api.deleteStage(stage);
  });
});

test('domain names, stages and APIs take 50 tags and no more', async () => {
  const tags = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`tag${i}`, 'x']));
  const refused = bad('A resource can have 50 tags at most');
  expect(await failureOf(api.createRestApi({ name: 'shop', tags }))).toEqual(refused);
  expect(await failureOf(api.createDomainName({ domainName: 'tags.example.com', tags }))).toEqual(refused);
  const restApiId = await textApi(api, 'shop', 'fine');
  const { id: deploymentId } = await api.createDeployment({ restApiId });
  const stage = api.createStage({ restApiId, deploymentId, stageName: 'prod', tags });
  expect(await failureOf(stage)).toEqual(refused);
});

test('a domain name is patched to endpoint types and routing modes that there are', async () => {
  const domainName = 'types.example.com';
  await api.createDomainName({ domainName });
  const type = api.updateDomainName({ domainName, ...replace('/endpointConfiguration/types/EDGE', 'FOO') });
  expect(await failureOf(type)).toEqual(
    bad('Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE'),
  );
  const mode = api.updateDomainName({ domainName, ...replace('/routingMode', 'FOO') });
  expect(await failureOf(mode)).toEqual(
    bad(
      'Invalid routing mode specified. Valid options are BASE_PATH_MAPPING_ONLY,ROUTING_RULE_ONLY,ROUTING_RULE_THEN_BASE_PATH_MAPPING',
    ),
  );
});

interface Linked {
  _links: { self: { href: string } };
}

interface HalList extends Linked {
  _embedded: { item: Linked | Linked[] };
}

test('the items of a HAL list link to themselves', async () => {
  const restApiId = await textApi(api, 'links', 'fine');
  const { id: deploymentId } = await api.createDeployment({ restApiId, stageName: 'prod' });
  const linksOf = async (path: string): Promise<string[]> => {
    const body = (await (await fetch(`${node.adminUrl}${path}`)).json()) as HalList;
    expect(body._links.self.href).toBe(path);
    return [body._embedded.item].flat().map((one) => one._links.self.href);
  };
  const one = `/restapis/${restApiId}`;
  expect(await linksOf('/restapis')).toContain(one);
  expect(await linksOf(`${one}/stages`)).toEqual([`${one}/stages/prod`]);
  expect(await linksOf(`${one}/deployments`)).toEqual([`${one}/deployments/${deploymentId}`]);
  expect(await linksOf(`${one}/models`)).toEqual([`${one}/models/Error`, `${one}/models/Empty`]);
  const [first = ''] = await linksOf(`${one}/gatewayresponses`);
  expect((await fetch(`${node.adminUrl}${first}`)).status).toBe(200);
  const domain = '/domainnames/links.example.com';
  await api.createDomainName({ domainName: 'links.example.com' });
  await api.createBasePathMapping({ domainName: 'links.example.com', restApiId });
  expect(await linksOf('/domainnames')).toContain(domain);
  expect(await linksOf(`${domain}/basepathmappings`)).toEqual([`${domain}/basepathmappings/(none)`]);
});

describe('patch operations that make no sense leave everything as it was', () => {
  type Patch = { op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'; path: string; value?: string };
  let method: { restApiId: string | undefined; resourceId: string | undefined; httpMethod: string };
  const triple = bad("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
  const pair = bad('Invalid patch operation specified. Must be one of: [add, remove]');
  const wrongPath = (path: string) => bad(`Invalid patch path ${path}`);
  const wrongType = (type: string) =>
    bad(`Validation Result: warnings : [], errors : [Invalid content type specified: ${type}]`);
  beforeEach(async () => {
    const restApiId = await textApi(api, 'patched', 'fine');
    const { rootResourceId: resourceId } = await api.getRestApi({ restApiId });
    method = { restApiId, resourceId, httpMethod: 'GET' };
  });

  test('of a method', async () => {
    const cases: [Patch, unknown][] = [
      [{ op: 'move', path: '/requestParameters/method.request.header.x', value: 'true' }, triple],
      [{ op: 'add', path: '/requestModels/', value: 'Empty' }, wrongType('')],
      [{ op: 'add', path: '/requestModels/json', value: 'Empty' }, wrongType('json')],
      [{ op: 'add', path: '/authorizationScopes' }, wrongPath('/authorizationScopes')],
      [{ op: 'add', path: '/authorizationScopes/a/b' }, wrongPath('/authorizationScopes/a/b')],
      [{ op: 'replace', path: '/authorizationScopes/a' }, pair],
    ];
    const before = await api.getMethod(method);
    for (const [patch, error] of cases) {
      const patched = api.updateMethod({ ...method, patchOperations: [patch] });
      expect(await failureOf(patched), patch.path).toEqual(error);
    }
    expect(plain(await api.getMethod(method))).toEqual(plain(before));
  });

  test('of an integration and its responses', async () => {
    const cases: [Patch, unknown][] = [
      [{ op: 'test', path: '/requestTemplates/application~1json', value: 'x' }, triple],
      [{ op: 'copy', path: '/requestParameters/integration.request.header.x', value: "'x'" }, triple],
      [{ op: 'add', path: '/cacheKeyParameters' }, wrongPath('/cacheKeyParameters')],
      [{ op: 'add', path: '/cacheKeyParameters/x/y' }, wrongPath('/cacheKeyParameters/x/y')],
      [{ op: 'replace', path: '/cacheKeyParameters/x', value: 'y' }, pair],
    ];
    for (const [patch, error] of cases) {
      const patched = api.updateIntegration({ ...method, patchOperations: [patch] });
      expect(await failureOf(patched), patch.path).toEqual(error);
    }
    const response = { ...method, statusCode: '200' };
    const handling = api.updateIntegrationResponse({ ...response, ...replace('/contentHandling', 'x') });
    expect(await failureOf(handling)).toEqual(
      bad('Invalid content handling specified. Valid options are CONVERT_TO_BINARY, CONVERT_TO_TEXT'),
    );
  });

  test('of an API, and of its gateway responses', async () => {
    const { restApiId } = method;
    const cases: [Patch, unknown][] = [
      [{ op: 'add', path: '/binaryMediaTypes/' }, wrongPath('/binaryMediaTypes/')],
      [
        { op: 'add', path: '/endpointConfiguration/vpcEndpointIds' },
        wrongPath('/endpointConfiguration/vpcEndpointIds'),
      ],
      [{ op: 'replace', path: '/endpointConfiguration/vpcEndpointIds', value: 'vpce-1' }, pair],
    ];
    for (const [patch, error] of cases) {
      const patched = api.updateRestApi({ restApiId, patchOperations: [patch] });
      expect(await failureOf(patched), patch.path).toEqual(error);
    }
    const response = { restApiId, responseType: 'THROTTLED' as const };
    const template = { op: 'add' as const, path: '/responseTemplates/json', value: 'x' };
    expect(await failureOf(api.updateGatewayResponse({ ...response, patchOperations: [template] }))).toEqual(
      wrongType('json'),
    );
    const header = { op: 'add' as const, path: '/responseParameters/X', value: "'x'" };
    expect(await failureOf(api.updateGatewayResponse({ ...response, patchOperations: [header] }))).toEqual(
      bad(
        'Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: X]',
      ),
    );
  });

  test('of a stage: a client certificate that is not there', async () => {
    const stage = { restApiId: method.restApiId, stageName: 'prod' };
    await api.createDeployment(stage);
    const unknown = api.updateStage({ ...stage, ...replace('/clientCertificateId', 'none') });
    expect(await failureOf(unknown)).toEqual([
      404,
      'NotFoundException',
      'Invalid Client Certificate identifier specified',
    ]);
    const { clientCertificateId = '' } = await api.generateClientCertificate({});
    const patched = await api.updateStage({
      ...stage,
      ...replace('/clientCertificateId', clientCertificateId),
    });
    expect(patched.clientCertificateId).toBe(clientCertificateId);
  });
});

test('a position that never was one begins with the first item, at the latest', async () => {
  const restApiId = await textApi(api, 'pages', 'fine');
  const position = Buffer.from('0 none').toString('base64url');
  const { items } = await api.getModels({ restApiId, position });
  expect(items?.map(({ name }) => name)).toEqual(['Error', 'Empty']);
});

test('a body that is no UTF-8 is refused', async () => {
  const body = Buffer.from('{"name":"\xff"}', 'latin1');
  const answer = await fetch(`${node.adminUrl}/restapis`, { method: 'POST', body });
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'SerializationException']);
});

test('a clone of nothing is a new API', async () => {
  const answer = await fetch(`${node.adminUrl}/restapis`, {
    method: 'POST',
    body: '{"name":"shop","cloneFrom":null}',
  });
  expect(answer.status).toBe(201);
});
