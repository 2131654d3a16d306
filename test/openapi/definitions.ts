// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are stage variables of the definitions under test
/** Definitions of every shape that a document can hold, for property tests. */
import fc from 'fast-check';
import {
  type Authorizer,
  type Definition,
  type GatewayResponse,
  HTTP_METHODS,
  type Integration,
  type IntegrationResponse,
  type Method,
  type MethodResponse,
  type Model,
  type RequestValidator,
  type Resource,
} from '../../src/model/snapshot.js';
import { resourceId } from '../../src/openapi/resource-path.js';

type Keys = Parameters<typeof fc.record>[1];
const optional = (...requiredKeys: string[]): Keys => ({ requiredKeys }) as Keys;

/** No placeholders, which an import fills. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('a: b', '- x', 'no', '1.0', ' ', "'", '\n'),
  )
  .map((value) => value.replaceAll('${', '$'));
const name = fc.stringMatching(/^[A-Za-z0-9]{1,6}$/);
const mediaType = fc.constantFrom('application/json', 'text/xml', 'text/html; charset=utf-8', '$default');
const status = fc.constantFrom('200', '201', '400', '404', '500');

const PATHS = ['/', '/a', '/a/{id}', '/a/{id}/b', '/b/{proxy+}', '/v1.0/x_y', '/200'];
const MODEL_NAMES = ['Pet', 'Empty', 'X9', '200'];
const AUTHORIZER_NAMES = ['api_key', 'sigv4', 'my authorizer', '42', 'no'];

const mappings = (target: string, ...sources: string[]) =>
  fc.dictionary(
    fc.constantFrom('X-A', 'b', '7').map((key) => target + key),
    fc.oneof(
      fc.constantFrom(...sources),
      text.map((value) => `'${value}'`),
    ),
    { maxKeys: 3 },
  );
/** Of integrations: they have to compile. */
const template = fc.oneof(
  text.map((value) => value.replace(/[#$\\]/g, '')),
  fc.constantFrom("#set($a = 1)\n$a\n$input.json('$')", '${stageVariables.x}'),
);
const templates = fc.dictionary(mediaType, template, { maxKeys: 2 });

const integrationResponse: fc.Arbitrary<IntegrationResponse> = fc.record(
  {
    selectionPattern: fc
      .oneof(fc.constantFrom('404', '4\\d\\d', '200', '.*'), text)
      .filter((pattern) => pattern !== '' && pattern !== 'default'),
    statusCode: status,
    responseParameters: mappings('method.response.header.', 'integration.response.header.x', 'context.stage'),
    responseTemplates: templates,
    contentHandling: fc.constantFrom('CONVERT_TO_TEXT', 'CONVERT_TO_BINARY'),
  },
  { requiredKeys: ['statusCode', 'responseParameters', 'responseTemplates'] },
);

const integrationOf = (resource: string): fc.Arbitrary<Integration> =>
  fc
    .record(
      {
        type: fc.constantFrom('HTTP', 'HTTP_PROXY', 'AWS', 'AWS_PROXY', 'MOCK'),
        httpMethod: fc.constantFrom('GET', 'POST', 'ANY'),
        uri: fc.oneof(fc.constantFrom('http://h/{id}', 'arn:x', 'http://${stageVariables.h}/'), text),
        credentials: text,
        passthroughBehavior: fc.constantFrom('WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'),
        contentHandling: fc.constantFrom('CONVERT_TO_TEXT', 'CONVERT_TO_BINARY'),
        requestParameters: mappings('integration.request.header.', 'method.request.path.id', 'context.stage'),
        requestTemplates: templates,
        responses: fc.uniqueArray(integrationResponse, {
          selector: ({ selectionPattern }) => selectionPattern,
          maxLength: 4,
        }),
        cacheNamespace: fc.oneof(fc.constant(resourceId(resource)), text),
        cacheKeyParameters: fc.array(text, { maxLength: 2 }),
        connectionType: fc.constantFrom('INTERNET', 'VPC_LINK'),
        connectionId: text,
        timeoutInMillis: fc.constantFrom(50, 29_000, 1234),
        tlsConfig: fc.record(
          { insecureSkipVerification: fc.boolean(), serverNameToVerify: text },
          { requiredKeys: ['insecureSkipVerification'] },
        ),
        responseTransferMode: fc.constantFrom('BUFFERED', 'STREAM'),
        integrationTarget: text,
        payloadFormatVersion: fc.constantFrom('1.0', '2.0'),
        integrationSubtype: text,
      },
      optional(
        'type',
        'uri',
        'passthroughBehavior',
        'requestParameters',
        'requestTemplates',
        'responses',
        'cacheNamespace',
        'cacheKeyParameters',
        'connectionType',
        'timeoutInMillis',
        'responseTransferMode',
      ),
    )
    .map((generated) => {
      const { httpMethod, uri, ...rest } = generated as Integration & { uri: string };
      if (rest.type === 'MOCK') return rest;
      const method = httpMethod === undefined ? {} : { httpMethod };
      return { ...rest, ...method, uri: uri === '' ? 'http://h' : uri };
    });

const models: fc.Arbitrary<Model[]> = fc.uniqueArray(
  fc
    .record(
      {
        name: fc.constantFrom(...MODEL_NAMES),
        description: text,
        type: fc.constantFrom('object', 'array'),
        minimum: fc.double({ noNaN: true, noDefaultInfinity: true }),
        properties: fc.dictionary(
          name,
          fc.oneof(
            fc.record({ enum: fc.array(fc.jsonValue({ maxDepth: 1 })) }),
            fc.constantFrom(...MODEL_NAMES).map((model) => ({
              $ref: `https://apigateway.amazonaws.com/restapis/api/models/${model}`,
            })),
          ),
          { maxKeys: 3 },
        ),
        default: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: ['name'] },
    )
    .map(({ name: model, description, default: value, ...schema }) => {
      const told = description === undefined ? {} : { description };
      const { type, properties, minimum } = schema;
      const inOrder = { type, properties, minimum, default: value, ...told };
      return { name: model, contentType: 'application/json', ...told, schema: JSON.stringify(inOrder) };
    }),
  { selector: (model) => model.name, maxLength: 4 },
);

const header = fc.constantFrom('Authorization', 'X-Api-Key', 'x');
const authorizers: fc.Arbitrary<Authorizer[]> = fc.uniqueArray(
  fc
    .record(
      {
        name: fc.constantFrom(...AUTHORIZER_NAMES),
        type: fc.constantFrom('TOKEN', 'REQUEST', 'COGNITO_USER_POOLS'),
        authType: text,
        authorizerUri: text,
        authorizerCredentials: text,
        identityValidationExpression: text,
        authorizerResultTtlInSeconds: fc.constantFrom(0, 300, 3600),
        providerArns: fc.array(text, { maxLength: 2 }),
        source: header,
      },
      optional('name', 'type', 'providerArns', 'source'),
    )
    .map((generated) => {
      const { source, ...authorizer } = generated as Authorizer & { source: string };
      const extra = authorizer.type === 'REQUEST' ? ', context.identity.sourceIp' : '';
      return { ...authorizer, identitySource: `method.request.header.${source}${extra}` };
    }),
  { selector: (authorizer) => authorizer.name, maxLength: 4 },
);

const validators: fc.Arbitrary<RequestValidator[]> = fc.uniqueArray(
  fc.record({ name: text, validateRequestBody: fc.boolean(), validateRequestParameters: fc.boolean() }),
  { selector: (validator) => validator.name, maxLength: 3 },
);

const gatewayResponses: fc.Arbitrary<GatewayResponse[]> = fc.uniqueArray(
  fc.record(
    {
      responseType: fc.constantFrom('DEFAULT_4XX', 'DEFAULT_5XX', 'THROTTLED'),
      statusCode: fc.constantFrom('200', '404', '599'),
      responseParameters: mappings('gatewayresponse.header.', 'method.request.header.x'),
      responseTemplates: fc.dictionary(mediaType, text, { maxKeys: 2 }),
    },
    { requiredKeys: ['responseType', 'responseParameters', 'responseTemplates'] },
  ),
  { selector: (response) => response.responseType },
);

interface Named {
  models: Model[];
  authorizers: Authorizer[];
  requestValidators: RequestValidator[];
}

/** Nothing but `otherwise` when there is nothing to choose from. */
function oneOf<T, U>(values: readonly T[], otherwise: U): fc.Arbitrary<T | U> {
  return fc.constantFrom<T | U>(otherwise, ...values);
}

function methodOf(resource: string, httpMethod: Method['httpMethod'], named: Named): fc.Arbitrary<Method> {
  const names = named.models.map((model) => model.name);
  const bodies =
    names.length === 0
      ? fc.constant({})
      : fc.dictionary(mediaType, fc.constantFrom(...names), { maxKeys: 2 });
  const responses: fc.Arbitrary<MethodResponse[]> = fc.uniqueArray(
    fc.record({
      statusCode: status,
      responseParameters: fc.dictionary(
        fc.constantFrom('X-A', 'b').map((key) => `method.response.header.${key}`),
        fc.constant(false),
      ),
      responseModels: bodies,
    }),
    { selector: (response) => response.statusCode, maxLength: 3 },
  );
  return fc
    .record({
      operationName: fc.option(text, { nil: undefined }),
      demand: oneOf<Authorizer | 'AWS_IAM', 'NONE'>([...named.authorizers, 'AWS_IAM'], 'NONE'),
      scopes: fc.array(text, { maxLength: 2 }),
      apiKeyRequired: fc.boolean(),
      validator: oneOf(named.requestValidators, undefined),
      parameters: fc.dictionary(fc.constantFrom('querystring.q', 'header.X-A'), fc.boolean()),
      pathParameter: fc.boolean(),
      requestModels: bodies,
      responses,
      integration: fc.option(integrationOf(resource), { nil: undefined }),
    })
    .map((made) => {
      const method: Method = {
        httpMethod,
        authorizationType: typeof made.demand === 'string' ? made.demand : 'CUSTOM',
        authorizationScopes: [],
        apiKeyRequired: made.apiKeyRequired,
        requestParameters: made.pathParameter ? { 'method.request.path.id': true } : {},
        requestModels: made.requestModels,
        responses: made.responses,
      };
      if (typeof made.demand !== 'string') {
        method.authorizerName = made.demand.name;
        method.authorizationScopes = made.scopes;
        if (made.demand.type === 'COGNITO_USER_POOLS') method.authorizationType = 'COGNITO_USER_POOLS';
      }
      for (const [key, required] of Object.entries(made.parameters)) {
        method.requestParameters[`method.request.${key}`] = required;
      }
      if (made.operationName !== undefined) method.operationName = made.operationName;
      if (made.validator !== undefined) method.requestValidatorName = made.validator.name;
      if (made.integration !== undefined) method.integration = made.integration;
      return method;
    });
}

function resourcesOf(named: Named): fc.Arbitrary<Resource[]> {
  const methods = (path: string): fc.Arbitrary<Method[]> =>
    fc
      .uniqueArray(fc.constantFrom(...HTTP_METHODS, 'ANY' as const), { minLength: 1, maxLength: 3 })
      .chain((all) => fc.tuple(...all.map((httpMethod) => methodOf(path, httpMethod, named))));
  return fc
    .uniqueArray(fc.constantFrom(...PATHS), { maxLength: 4 })
    .chain((paths) =>
      fc.tuple(
        ...paths.map((path) => methods(path).map((made) => ({ id: resourceId(path), path, methods: made }))),
      ),
    );
}

export const definitions: fc.Arbitrary<Definition> = fc
  .record({ models, authorizers, requestValidators: validators })
  .chain((named) =>
    fc.record(
      {
        name: text,
        version: text,
        description: text,
        binaryMediaTypes: fc.array(text, { maxLength: 2 }),
        minimumCompressionSize: fc.constantFrom(0, 10_485_760),
        apiKeySource: fc.constantFrom('HEADER' as const, 'AUTHORIZER' as const),
        policy: fc.dictionary(name, fc.jsonValue({ maxDepth: 2 })).map((policy) => JSON.stringify(policy)),
        disableExecuteApiEndpoint: fc.boolean(),
        resources: resourcesOf(named),
        models: fc.constant(named.models),
        requestValidators: fc.constant(named.requestValidators),
        authorizers: fc.constant(named.authorizers),
        gatewayResponses,
      },
      {
        requiredKeys: [
          'name',
          'version',
          'description',
          'binaryMediaTypes',
          'apiKeySource',
          'disableExecuteApiEndpoint',
          'resources',
          'models',
          'requestValidators',
          'authorizers',
          'gatewayResponses',
        ],
      },
    ),
  );
