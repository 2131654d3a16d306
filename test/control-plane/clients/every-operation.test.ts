/** Every command of the AWS SDK, once at least, against a running node. */

import type { APIGateway } from '@aws-sdk/client-api-gateway';
import * as commands from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALL_OPERATIONS } from '../../../src/control-plane/operations/all.js';
import { type Backend, startBackend } from '../../support/backend.js';
import { type GatewayProcess, startGateway } from '../../support/gateway-process.js';
import { until } from '../../support/until.js';
import { answerOf, commandsOf, failureOf, REGION, sdk } from './sdk.js';

/** As AWS names its operations. */
const OF_THE_SDK = Object.keys(commands)
  .filter((name) => /^[A-Z]\w+Command$/.test(name))
  .map((name) => name.replace(/Command$/, ''))
  .sort();

let node: GatewayProcess;
let backend: Backend;
let api: APIGateway;
let sent: Set<string>;

beforeAll(async () => {
  backend = await startBackend();
  node = await startGateway(['--region', REGION]);
  api = sdk(node.adminUrl);
  sent = commandsOf(api);
});
afterAll(async () => {
  api.destroy();
  await node.stop();
  await backend.close();
});

/** Ids that one step makes for the next ones. */
const made: Record<string, string> = {};
const id = (name: string): string => made[name] ?? '';
const keep = (name: string, value: string | undefined): void => {
  made[name] = value ?? '';
};
const ofApi = () => ({ restApiId: id('api') });
const ofMethod = () => ({ ...ofApi(), resourceId: id('resource'), httpMethod: 'GET' });
const ofResponse = () => ({ ...ofMethod(), statusCode: '200' });
const ofStage = () => ({ ...ofApi(), stageName: 'prod' });
const ofMapping = () => ({ domainName: 'api.example.com', basePath: 'shop' });
const replace = (path: string, value: string) => ({
  patchOperations: [{ op: 'replace' as const, path, value }],
});
const count = (items: readonly unknown[] | undefined): number => items?.length ?? 0;

const DOCUMENT = JSON.stringify({
  openapi: '3.0.1',
  info: { title: 'imported', version: '1' },
  paths: {
    '/': {
      get: {
        responses: { 200: { description: 'fine' } },
        'x-amazon-apigateway-integration': {
          type: 'mock',
          requestTemplates: { 'application/json': '{"statusCode": 200}' },
          responses: { default: { statusCode: '200' } },
        },
      },
    },
  },
});

type Step = readonly [operation: string, run: () => Promise<void>];

/** In an order in which each finds what it needs. */
const STEPS: readonly Step[] = [
  ['CreateRestApi', async () => keep('api', (await api.createRestApi({ name: 'shop' })).id)],
  ['GetRestApi', async () => keep('root', (await api.getRestApi(ofApi())).rootResourceId)],
  [
    'GetRestApis',
    async () => expect((await api.getRestApis({})).items).toMatchObject([{ id: id('api'), name: 'shop' }]),
  ],
  [
    'UpdateRestApi',
    async () => {
      const changed = await api.updateRestApi({ ...ofApi(), ...replace('/description', 'of a shop') });
      expect(changed.description).toBe('of a shop');
    },
  ],
  [
    'CreateResource',
    async () =>
      keep('resource', (await api.createResource({ ...ofApi(), parentId: id('root'), pathPart: 'item' })).id),
  ],
  [
    'UpdateResource',
    async () => {
      const moved = await api.updateResource({
        ...ofApi(),
        resourceId: id('resource'),
        ...replace('/pathPart', 'items'),
      });
      expect(moved.path).toBe('/items');
    },
  ],
  [
    'GetResource',
    async () => {
      const resource = await api.getResource({ ...ofApi(), resourceId: id('resource') });
      expect(resource).toMatchObject({ pathPart: 'items', parentId: id('root') });
    },
  ],
  ['GetResources', async () => expect(count((await api.getResources(ofApi())).items)).toBe(2)],
  [
    'CreateModel',
    async () => {
      const model = {
        name: 'Item',
        contentType: 'application/json',
        schema: '{"type":"object","properties":{"a":{}}}',
      };
      keep('model', (await api.createModel({ ...ofApi(), ...model })).name);
    },
  ],
  ['GetModel', async () => expect((await api.getModel({ ...ofApi(), modelName: 'Item' })).name).toBe('Item')],
  ['GetModels', async () => expect(count((await api.getModels(ofApi())).items)).toBe(3)],
  [
    'GetModelTemplate',
    async () =>
      expect((await api.getModelTemplate({ ...ofApi(), modelName: 'Item' })).value).toContain('#set'),
  ],
  [
    'UpdateModel',
    async () => {
      const changed = { ...ofApi(), modelName: 'Item', ...replace('/description', 'one item') };
      expect((await api.updateModel(changed)).description).toBe('one item');
    },
  ],
  [
    'CreateRequestValidator',
    async () => keep('validator', (await api.createRequestValidator({ ...ofApi(), name: 'all' })).id),
  ],
  [
    'GetRequestValidator',
    async () => {
      const found = await api.getRequestValidator({ ...ofApi(), requestValidatorId: id('validator') });
      expect(found).toMatchObject({ name: 'all', validateRequestBody: false });
    },
  ],
  [
    'GetRequestValidators',
    async () => expect(count((await api.getRequestValidators(ofApi())).items)).toBe(1),
  ],
  [
    'UpdateRequestValidator',
    async () => {
      const changed = await api.updateRequestValidator({
        ...ofApi(),
        requestValidatorId: id('validator'),
        ...replace('/validateRequestBody', 'true'),
      });
      expect(changed.validateRequestBody).toBe(true);
    },
  ],
  [
    'CreateAuthorizer',
    async () => {
      const authorizer = await api.createAuthorizer({
        ...ofApi(),
        name: 'who',
        type: 'TOKEN',
        authorizerUri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:${REGION}:000000000000:function:who/invocations`,
        identitySource: 'method.request.header.Authorization',
      });
      keep('authorizer', authorizer.id);
    },
  ],
  [
    'GetAuthorizer',
    async () => {
      const found = await api.getAuthorizer({ ...ofApi(), authorizerId: id('authorizer') });
      expect(found).toMatchObject({ name: 'who', authType: 'custom' });
    },
  ],
  ['GetAuthorizers', async () => expect(count((await api.getAuthorizers(ofApi())).items)).toBe(1)],
  [
    'UpdateAuthorizer',
    async () => {
      const changed = { ...ofApi(), authorizerId: id('authorizer'), ...replace('/name', 'whoever') };
      expect((await api.updateAuthorizer(changed)).name).toBe('whoever');
    },
  ],
  [
    'TestInvokeAuthorizer',
    async () => {
      const call = api.testInvokeAuthorizer({ ...ofApi(), authorizerId: id('authorizer') });
      expect((await failureOf(call)).slice(0, 2)).toEqual([400, 'BadRequestException']);
    },
  ],
  [
    'PutMethod',
    async () => {
      const method = { authorizationType: 'NONE', requestValidatorId: id('validator') };
      expect(await api.putMethod({ ...ofMethod(), ...method })).toMatchObject({ httpMethod: 'GET' });
    },
  ],
  [
    'UpdateMethod',
    async () => {
      const changed = await api.updateMethod({ ...ofMethod(), ...replace('/operationName', 'listItems') });
      expect(changed.operationName).toBe('listItems');
    },
  ],
  ['PutMethodResponse', async () => void (await api.putMethodResponse(ofResponse()))],
  [
    'UpdateMethodResponse',
    async () => {
      const patchOperations = [
        { op: 'add' as const, path: '/responseParameters/method.response.header.X-A' },
      ];
      const changed = await api.updateMethodResponse({ ...ofResponse(), patchOperations });
      expect(changed.responseParameters).toEqual({ 'method.response.header.X-A': false });
    },
  ],
  [
    'GetMethodResponse',
    async () => expect((await api.getMethodResponse(ofResponse())).statusCode).toBe('200'),
  ],
  [
    'PutIntegration',
    async () => {
      const integration = await api.putIntegration({
        ...ofMethod(),
        type: 'HTTP',
        integrationHttpMethod: 'GET',
        uri: `http://${backend.authority}/stock`,
      });
      expect(integration).toMatchObject({ type: 'HTTP', httpMethod: 'GET', connectionType: 'INTERNET' });
    },
  ],
  [
    'UpdateIntegration',
    async () => {
      const changed = await api.updateIntegration({ ...ofMethod(), ...replace('/timeoutInMillis', '3000') });
      expect(changed.timeoutInMillis).toBe(3000);
    },
  ],
  ['GetIntegration', async () => expect((await api.getIntegration(ofMethod())).uri).toContain('/stock')],
  ['PutIntegrationResponse', async () => void (await api.putIntegrationResponse(ofResponse()))],
  [
    'UpdateIntegrationResponse',
    async () => {
      const path = '/responseParameters/method.response.header.X-A';
      const patchOperations = [{ op: 'add' as const, path, value: "'a'" }];
      const changed = await api.updateIntegrationResponse({ ...ofResponse(), patchOperations });
      expect(changed.responseParameters).toEqual({ 'method.response.header.X-A': "'a'" });
    },
  ],
  [
    'GetIntegrationResponse',
    async () => expect((await api.getIntegrationResponse(ofResponse())).statusCode).toBe('200'),
  ],
  [
    'GetMethod',
    async () => {
      const method = await api.getMethod(ofMethod());
      expect(method.methodIntegration?.integrationResponses).toHaveProperty('200');
    },
  ],
  [
    'TestInvokeMethod',
    async () => {
      const { status, body, headers, log } = await api.testInvokeMethod(ofMethod());
      expect([status, body, headers?.['X-A']]).toEqual([200, 'from the backend', 'a']);
      expect(log).toContain('Method completed with status: 200');
    },
  ],
  [
    'PutGatewayResponse',
    async () => {
      const response = await api.putGatewayResponse({
        ...ofApi(),
        responseType: 'DEFAULT_4XX',
        statusCode: '418',
      });
      expect(response).toMatchObject({ statusCode: '418', defaultResponse: false });
    },
  ],
  [
    'UpdateGatewayResponse',
    async () => {
      const changed = { ...ofApi(), responseType: 'DEFAULT_4XX' as const, ...replace('/statusCode', '419') };
      expect((await api.updateGatewayResponse(changed)).statusCode).toBe('419');
    },
  ],
  [
    'GetGatewayResponse',
    async () => {
      const response = await api.getGatewayResponse({ ...ofApi(), responseType: 'INTEGRATION_FAILURE' });
      expect(response).toMatchObject({ statusCode: '504', defaultResponse: true });
    },
  ],
  [
    'GetGatewayResponses',
    async () => expect(count((await api.getGatewayResponses(ofApi())).items)).toBeGreaterThan(20),
  ],
  [
    'CreateDocumentationPart',
    async () => {
      const part = { location: { type: 'API' as const }, properties: '{"description":"a shop"}' };
      keep('part', (await api.createDocumentationPart({ ...ofApi(), ...part })).id);
    },
  ],
  [
    'GetDocumentationPart',
    async () => {
      const part = await api.getDocumentationPart({ ...ofApi(), documentationPartId: id('part') });
      expect(part.location).toEqual({ type: 'API' });
    },
  ],
  [
    'GetDocumentationParts',
    async () => expect(count((await api.getDocumentationParts(ofApi())).items)).toBe(1),
  ],
  [
    'UpdateDocumentationPart',
    async () => {
      const changed = { ...ofApi(), documentationPartId: id('part'), ...replace('/properties', '{"a":1}') };
      expect((await api.updateDocumentationPart(changed)).properties).toBe('{"a":1}');
    },
  ],
  [
    'ImportDocumentationParts',
    async () => {
      const parts = [{ location: { type: 'METHOD', path: '/items', method: 'GET' }, properties: { a: 'b' } }];
      const body = Buffer.from(
        JSON.stringify({
          openapi: '3.0.1',
          info: { title: 'shop', version: '1' },
          paths: {},
          'x-amazon-apigateway-documentation': { documentationParts: parts },
        }),
      );
      expect(count((await api.importDocumentationParts({ ...ofApi(), body })).ids)).toBe(1);
    },
  ],
  [
    'CreateDocumentationVersion',
    async () => {
      const version = await api.createDocumentationVersion({ ...ofApi(), documentationVersion: 'v1' });
      expect(version.version).toBe('v1');
    },
  ],
  [
    'GetDocumentationVersion',
    async () => {
      const version = await api.getDocumentationVersion({ ...ofApi(), documentationVersion: 'v1' });
      expect(version.createdDate).toBeInstanceOf(Date);
    },
  ],
  [
    'GetDocumentationVersions',
    async () => expect(count((await api.getDocumentationVersions(ofApi())).items)).toBe(1),
  ],
  [
    'UpdateDocumentationVersion',
    async () => {
      const changed = { ...ofApi(), documentationVersion: 'v1', ...replace('/description', 'first') };
      expect((await api.updateDocumentationVersion(changed)).description).toBe('first');
    },
  ],
  [
    'CreateDeployment',
    async () => {
      keep('deployment', (await api.createDeployment({ ...ofApi(), stageName: 'prod' })).id);
      await until(async () => (await answerOf(node.url, id('api'), 'prod', '/items')) === 'from the backend');
    },
  ],
  [
    'GetDeployment',
    async () => {
      const deployment = { ...ofApi(), deploymentId: id('deployment'), embed: ['apisummary'] };
      const { apiSummary } = await api.getDeployment(deployment);
      expect(apiSummary).toEqual({ '/items': { GET: { authorizationType: 'NONE', apiKeyRequired: false } } });
    },
  ],
  ['GetDeployments', async () => expect(count((await api.getDeployments(ofApi())).items)).toBe(1)],
  [
    'UpdateDeployment',
    async () => {
      const changed = { ...ofApi(), deploymentId: id('deployment'), ...replace('/description', 'one') };
      expect((await api.updateDeployment(changed)).description).toBe('one');
    },
  ],
  [
    'CreateStage',
    async () => {
      const stage = await api.createStage({ ...ofApi(), stageName: 'test', deploymentId: id('deployment') });
      expect(stage.cacheClusterStatus).toBe('NOT_AVAILABLE');
    },
  ],
  ['GetStage', async () => expect((await api.getStage(ofStage())).deploymentId).toBe(id('deployment'))],
  ['GetStages', async () => expect(count((await api.getStages(ofApi())).item)).toBe(2)],
  [
    'UpdateStage',
    async () => {
      const changed = await api.updateStage({ ...ofStage(), ...replace('/variables/version', '2') });
      expect(changed.variables).toEqual({ version: '2' });
    },
  ],
  ['FlushStageCache', async () => void (await api.flushStageCache(ofStage()))],
  ['FlushStageAuthorizersCache', async () => void (await api.flushStageAuthorizersCache(ofStage()))],
  [
    'GetExport',
    async () => {
      const { body, contentType } = await api.getExport({
        ...ofStage(),
        exportType: 'oas30',
        accepts: 'application/json',
        parameters: { extensions: 'integrations' },
      });
      const document = JSON.parse(Buffer.from(body ?? []).toString());
      expect(contentType).toBe('application/octet-stream');
      expect(document.paths['/items'].get).toHaveProperty('x-amazon-apigateway-integration');
    },
  ],
  [
    'GetSdk',
    async () => {
      const call = api.getSdk({ ...ofStage(), sdkType: 'javascript' });
      expect((await failureOf(call)).slice(0, 2)).toEqual([400, 'BadRequestException']);
    },
  ],
  ['GetSdkTypes', async () => expect(count((await api.getSdkTypes({})).items)).toBeGreaterThan(2)],
  ['GetSdkType', async () => expect((await api.getSdkType({ id: 'javascript' })).id).toBe('javascript')],
  [
    'CreateApiKey',
    async () => {
      const key = await api.createApiKey({ name: 'ann', enabled: true });
      keep('key', key.id);
      expect(key.value).toMatch(/^[A-Za-z0-9]{40}$/);
    },
  ],
  ['GetApiKey', async () => expect((await api.getApiKey({ apiKey: id('key') })).value).toBeUndefined()],
  [
    'GetApiKeys',
    async () => {
      const { items } = await api.getApiKeys({ includeValues: true, nameQuery: 'an' });
      expect(items?.[0]?.value).toHaveLength(40);
    },
  ],
  [
    'UpdateApiKey',
    async () => {
      const changed = { apiKey: id('key'), ...replace('/description', 'of Ann') };
      expect((await api.updateApiKey(changed)).description).toBe('of Ann');
    },
  ],
  [
    'ImportApiKeys',
    async () => {
      const body = Buffer.from(`Name,Key\nbob,${'k'.repeat(30)}\n`);
      expect(count((await api.importApiKeys({ format: 'csv', body })).ids)).toBe(1);
    },
  ],
  [
    'CreateUsagePlan',
    async () => {
      const plan = await api.createUsagePlan({
        name: 'basic',
        apiStages: [{ apiId: id('api'), stage: 'prod' }],
        throttle: { rateLimit: 10, burstLimit: 5 },
      });
      keep('plan', plan.id);
    },
  ],
  [
    'GetUsagePlan',
    async () => expect((await api.getUsagePlan({ usagePlanId: id('plan') })).name).toBe('basic'),
  ],
  ['GetUsagePlans', async () => expect(count((await api.getUsagePlans({})).items)).toBe(1)],
  [
    'UpdateUsagePlan',
    async () => {
      const changed = { usagePlanId: id('plan'), ...replace('/throttle/burstLimit', '7') };
      expect((await api.updateUsagePlan(changed)).throttle).toEqual({ rateLimit: 10, burstLimit: 7 });
    },
  ],
  [
    'CreateUsagePlanKey',
    async () => {
      const key = await api.createUsagePlanKey({
        usagePlanId: id('plan'),
        keyId: id('key'),
        keyType: 'API_KEY',
      });
      expect(key.name).toBe('ann');
    },
  ],
  [
    'GetUsagePlanKey',
    async () => {
      const key = await api.getUsagePlanKey({ usagePlanId: id('plan'), keyId: id('key') });
      expect(key.type).toBe('API_KEY');
    },
  ],
  [
    'GetUsagePlanKeys',
    async () => expect(count((await api.getUsagePlanKeys({ usagePlanId: id('plan') })).items)).toBe(1),
  ],
  [
    'GetUsage',
    async () => {
      const days = { startDate: '2026-01-01', endDate: '2026-01-02' };
      const usage = await api.getUsage({ usagePlanId: id('plan'), ...days });
      expect(count(usage.items?.[id('key')])).toBe(2);
    },
  ],
  [
    'UpdateUsage',
    async () => {
      const usage = await api.updateUsage({
        usagePlanId: id('plan'),
        keyId: id('key'),
        ...replace('/remaining', '10'),
      });
      expect(usage.usagePlanId).toBe(id('plan'));
    },
  ],
  [
    'CreateDomainName',
    async () => {
      const domain = await api.createDomainName({ domainName: 'api.example.com' });
      expect(domain.domainNameStatus).toBe('AVAILABLE');
    },
  ],
  [
    'GetDomainName',
    async () => {
      const domain = await api.getDomainName({ domainName: 'api.example.com' });
      expect(domain.domainName).toBe('api.example.com');
    },
  ],
  ['GetDomainNames', async () => expect(count((await api.getDomainNames({})).items)).toBe(1)],
  [
    'UpdateDomainName',
    async () => {
      const changed = { domainName: 'api.example.com', ...replace('/securityPolicy', 'TLS_1_2') };
      expect((await api.updateDomainName(changed)).securityPolicy).toBe('TLS_1_2');
    },
  ],
  [
    'CreateBasePathMapping',
    async () => {
      const mapping = await api.createBasePathMapping({ ...ofMapping(), ...ofApi(), stage: 'prod' });
      expect(mapping).toMatchObject({ basePath: 'shop', restApiId: id('api'), stage: 'prod' });
    },
  ],
  ['GetBasePathMapping', async () => expect((await api.getBasePathMapping(ofMapping())).stage).toBe('prod')],
  [
    'GetBasePathMappings',
    async () =>
      expect(count((await api.getBasePathMappings({ domainName: 'api.example.com' })).items)).toBe(1),
  ],
  [
    'UpdateBasePathMapping',
    async () => {
      const changed = await api.updateBasePathMapping({ ...ofMapping(), ...replace('/stage', 'test') });
      expect(changed.stage).toBe('test');
    },
  ],
  ['DeleteBasePathMapping', async () => void (await api.deleteBasePathMapping(ofMapping()))],
  [
    'CreateDomainNameAccessAssociation',
    async () => {
      const call = api.createDomainNameAccessAssociation({
        domainNameArn: `arn:aws:apigateway:${REGION}::/domainnames/api.example.com`,
        accessAssociationSourceType: 'VPCE',
        accessAssociationSource: 'vpce-1',
      });
      expect((await failureOf(call)).slice(0, 2)).toEqual([400, 'BadRequestException']);
    },
  ],
  [
    'GetDomainNameAccessAssociations',
    async () => expect((await api.getDomainNameAccessAssociations({})).items).toEqual([]),
  ],
  [
    'DeleteDomainNameAccessAssociation',
    async () => {
      const domainNameAccessAssociationArn = `arn:aws:apigateway:${REGION}::/domainnameaccessassociations/x`;
      const call = api.deleteDomainNameAccessAssociation({ domainNameAccessAssociationArn });
      expect((await failureOf(call)).slice(0, 2)).toEqual([404, 'NotFoundException']);
    },
  ],
  [
    'RejectDomainNameAccessAssociation',
    async () => {
      const call = api.rejectDomainNameAccessAssociation({
        domainNameAccessAssociationArn: `arn:aws:apigateway:${REGION}::/domainnameaccessassociations/x`,
        domainNameArn: `arn:aws:apigateway:${REGION}::/domainnames/api.example.com`,
      });
      expect((await failureOf(call)).slice(0, 2)).toEqual([404, 'NotFoundException']);
    },
  ],
  ['DeleteDomainName', async () => void (await api.deleteDomainName({ domainName: 'api.example.com' }))],
  [
    'CreateVpcLink',
    async () => {
      const targetArns = [`arn:aws:elasticloadbalancing:${REGION}:000000000000:loadbalancer/net/a/b`];
      const link = await api.createVpcLink({ name: 'inside', targetArns });
      keep('link', link.id);
      expect(link.status).toBe('PENDING');
    },
  ],
  [
    'GetVpcLink',
    async () => expect((await api.getVpcLink({ vpcLinkId: id('link') })).status).toBe('AVAILABLE'),
  ],
  ['GetVpcLinks', async () => expect(count((await api.getVpcLinks({})).items)).toBe(1)],
  [
    'UpdateVpcLink',
    async () => {
      const changed = await api.updateVpcLink({ vpcLinkId: id('link'), ...replace('/name', 'within') });
      expect(changed.name).toBe('within');
    },
  ],
  ['DeleteVpcLink', async () => void (await api.deleteVpcLink({ vpcLinkId: id('link') }))],
  [
    'GenerateClientCertificate',
    async () => {
      const certificate = await api.generateClientCertificate({ description: 'for backends' });
      keep('certificate', certificate.clientCertificateId);
      expect(certificate.pemEncodedCertificate).toMatch(/^-----BEGIN CERTIFICATE-----/);
    },
  ],
  [
    'GetClientCertificate',
    async () => {
      const certificate = await api.getClientCertificate({ clientCertificateId: id('certificate') });
      expect(certificate.expirationDate).toBeInstanceOf(Date);
    },
  ],
  ['GetClientCertificates', async () => expect(count((await api.getClientCertificates({})).items)).toBe(1)],
  [
    'UpdateClientCertificate',
    async () => {
      const changed = { clientCertificateId: id('certificate'), ...replace('/description', 'new') };
      expect((await api.updateClientCertificate(changed)).description).toBe('new');
    },
  ],
  [
    'DeleteClientCertificate',
    async () => void (await api.deleteClientCertificate({ clientCertificateId: id('certificate') })),
  ],
  ['GetAccount', async () => expect((await api.getAccount({})).throttleSettings).toBeDefined()],
  [
    'UpdateAccount',
    async () => {
      const role = 'arn:aws:iam::000000000000:role/logs';
      const changed = await api.updateAccount(replace('/cloudwatchRoleArn', role));
      expect(changed.cloudwatchRoleArn).toBe(role);
    },
  ],
  [
    'TagResource',
    async () => {
      keep('arn', `arn:aws:apigateway:${REGION}::/restapis/${id('api')}`);
      await api.tagResource({ resourceArn: id('arn'), tags: { team: 'shop', cost: '7' } });
    },
  ],
  [
    'UntagResource',
    async () => void (await api.untagResource({ resourceArn: id('arn'), tagKeys: ['cost'] })),
  ],
  [
    'GetTags',
    async () => expect((await api.getTags({ resourceArn: id('arn') })).tags).toEqual({ team: 'shop' }),
  ],
  [
    'ImportRestApi',
    async () => {
      const imported = await api.importRestApi({ body: Buffer.from(DOCUMENT), failOnWarnings: true });
      keep('imported', imported.id);
      expect(imported.name).toBe('imported');
    },
  ],
  [
    'PutRestApi',
    async () => {
      const put = await api.putRestApi({
        restApiId: id('imported'),
        mode: 'overwrite',
        body: Buffer.from(DOCUMENT),
      });
      expect(put.id).toBe(id('imported'));
    },
  ],
  // Away again, from the inside out.
  ['DeleteIntegrationResponse', async () => void (await api.deleteIntegrationResponse(ofResponse()))],
  ['DeleteIntegration', async () => void (await api.deleteIntegration(ofMethod()))],
  ['DeleteMethodResponse', async () => void (await api.deleteMethodResponse(ofResponse()))],
  ['DeleteMethod', async () => void (await api.deleteMethod(ofMethod()))],
  ['DeleteResource', async () => void (await api.deleteResource({ ...ofApi(), resourceId: id('resource') }))],
  ['DeleteModel', async () => void (await api.deleteModel({ ...ofApi(), modelName: 'Item' }))],
  [
    'DeleteRequestValidator',
    async () => void (await api.deleteRequestValidator({ ...ofApi(), requestValidatorId: id('validator') })),
  ],
  [
    'DeleteAuthorizer',
    async () => void (await api.deleteAuthorizer({ ...ofApi(), authorizerId: id('authorizer') })),
  ],
  [
    'DeleteGatewayResponse',
    async () => void (await api.deleteGatewayResponse({ ...ofApi(), responseType: 'DEFAULT_4XX' })),
  ],
  [
    'DeleteDocumentationPart',
    async () => {
      const { items } = await api.getDocumentationParts(ofApi());
      for (const { id: documentationPartId } of items ?? []) {
        await api.deleteDocumentationPart({ ...ofApi(), documentationPartId });
      }
    },
  ],
  [
    'DeleteDocumentationVersion',
    async () => void (await api.deleteDocumentationVersion({ ...ofApi(), documentationVersion: 'v1' })),
  ],
  [
    'DeleteUsagePlanKey',
    async () => void (await api.deleteUsagePlanKey({ usagePlanId: id('plan'), keyId: id('key') })),
  ],
  [
    'DeleteUsagePlan',
    async () => {
      const value = `${id('api')}:prod`;
      const patchOperations = [{ op: 'remove' as const, path: '/apiStages', value }];
      await api.updateUsagePlan({ usagePlanId: id('plan'), patchOperations });
      await api.deleteUsagePlan({ usagePlanId: id('plan') });
    },
  ],
  ['DeleteApiKey', async () => void (await api.deleteApiKey({ apiKey: id('key') }))],
  [
    'DeleteStage',
    async () => {
      for (const stageName of ['prod', 'test']) await api.deleteStage({ ...ofApi(), stageName });
      await until(async () => (await answerOf(node.url, id('api'), 'prod', '/items')).includes('Forbidden'));
    },
  ],
  [
    'DeleteDeployment',
    async () => void (await api.deleteDeployment({ ...ofApi(), deploymentId: id('deployment') })),
  ],
  [
    'DeleteRestApi',
    async () => {
      await api.deleteRestApi(ofApi());
      expect((await api.getRestApis({})).items).toMatchObject([{ id: id('imported') }]);
    },
  ],
];

test.each(STEPS)('the SDK drives %s', async (_, run) => await run());

test('no command of the SDK is forgotten', () => {
  expect([...sent].sort()).toEqual(OF_THE_SDK);
});

test('there are operations for exactly the commands of the SDK', () => {
  // TestInvokeMethod is made with what it may call.
  const operations = [...ALL_OPERATIONS.map(({ name }) => name), 'TestInvokeMethod'];
  expect(operations.sort()).toEqual(OF_THE_SDK);
});

test('an error has the name, the status and the text of AWS', async () => {
  const call = api.getRestApi({ restApiId: 'nothere' });
  const message = 'Invalid API identifier specified 000000000000:nothere';
  expect(await failureOf(call)).toEqual([404, 'NotFoundException', message]);
});
