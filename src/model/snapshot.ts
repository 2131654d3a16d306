/**
 * API Gateway's nouns as plain types: the same shapes as `proto/propylon/v1/snapshot.proto`, field by field
 * (a test holds the two against each other). Optional members are absent, never null.
 */

export interface Snapshot {
  /** Cluster-wide, strictly increasing. */
  revision: number;
  apis: Api[];
  mappings: Mapping[];
  domains: Domain[];
}

/** The unit of change in a configuration: what one key holds (see src/config/items.ts). */
export type Item =
  | { kind: 'api'; api: ApiItem }
  | { kind: 'stage'; stage: StageItem }
  | { kind: 'mapping'; mapping: Mapping }
  | { kind: 'domain'; domain: Domain };

/** An API without its stages, which are items of their own. */
export type ApiItem = Omit<Api, 'stages'>;

export interface StageItem extends Stage {
  apiId: string;
}

/** A base path mapping; see the proto for the form of each member. */
export interface Mapping {
  domain: string;
  basePath: string;
  apiId: string;
  stage: string;
}

export interface Api {
  id: string;
  name: string;
  stages: Stage[];
  disableExecuteApiEndpoint: boolean;
}

export interface Stage {
  name: string;
  variables: Record<string, string>;
  deployment: Deployment;
  canary?: Canary;
}

/** A share of a stage's requests that another deployment answers (reference 07 section 4). */
export interface Canary {
  deployment: Deployment;
  /** 0 to 100. */
  percentTraffic: number;
  /** Laid over the stage's variables. */
  stageVariableOverrides: Record<string, string>;
  useStageCache: boolean;
}

/** A custom domain name; see the proto for the form of each member. */
export interface Domain {
  name: string;
  certificateFile?: string;
  privateKeyFile?: string;
  certificateChainFile?: string;
}

/** An immutable copy of a definition, as it was deployed. */
export interface Deployment {
  id: string;
  definition: Definition;
}

/** The content of one REST API: what an OpenAPI document says, in API Gateway's nouns. */
export interface Definition {
  name: string;
  version: string;
  description: string;
  binaryMediaTypes: string[];
  minimumCompressionSize?: number;
  apiKeySource: 'HEADER' | 'AUTHORIZER';
  /** JSON text of the resource policy. */
  policy?: string;
  disableExecuteApiEndpoint: boolean;
  resources: Resource[];
  models: Model[];
  requestValidators: RequestValidator[];
  authorizers: Authorizer[];
  gatewayResponses: GatewayResponse[];
}

export interface Resource {
  id: string;
  /** `/` or `/a/{b}/{c+}`. */
  path: string;
  methods: Method[];
}

export const HTTP_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const;
/** The methods ANY stands for (reference 01 section 3, rule 5). */
export type HttpMethod = (typeof HTTP_METHODS)[number];

export interface Method {
  httpMethod: HttpMethod | 'ANY';
  operationName?: string;
  authorizationType: 'NONE' | 'AWS_IAM' | 'CUSTOM' | 'COGNITO_USER_POOLS';
  authorizerName?: string;
  authorizationScopes: string[];
  apiKeyRequired: boolean;
  requestValidatorName?: string;
  /** `method.request.{path|querystring|header}.{name}` -> required. */
  requestParameters: Record<string, boolean>;
  /** Media type -> model name. */
  requestModels: Record<string, string>;
  responses: MethodResponse[];
  /** Absent: the method answers 500. */
  integration?: Integration;
}

export interface MethodResponse {
  statusCode: string;
  responseParameters: Record<string, boolean>;
  responseModels: Record<string, string>;
}

export const INTEGRATION_TYPES = ['HTTP', 'HTTP_PROXY', 'AWS', 'AWS_PROXY', 'MOCK'] as const;
export type IntegrationType = (typeof INTEGRATION_TYPES)[number];
export type PassthroughBehavior = 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES' | 'NEVER';
export type ContentHandling = 'CONVERT_TO_TEXT' | 'CONVERT_TO_BINARY';

export interface Integration {
  type: IntegrationType;
  /** Method towards the backend; absent or `ANY`: the client's method. */
  httpMethod?: string;
  uri?: string;
  credentials?: string;
  passthroughBehavior: PassthroughBehavior;
  contentHandling?: ContentHandling;
  requestParameters: Record<string, string>;
  requestTemplates: Record<string, string>;
  /** In order of creation: the first that matches wins (reference 05 section 1). */
  responses: IntegrationResponse[];
  cacheNamespace: string;
  cacheKeyParameters: string[];
  connectionType: 'INTERNET' | 'VPC_LINK';
  connectionId?: string;
  timeoutInMillis: number;
  tlsConfig?: TlsConfig;
  responseTransferMode: 'BUFFERED' | 'STREAM';
  integrationTarget?: string;
  payloadFormatVersion?: string;
  integrationSubtype?: string;
  /** HTTP and HTTP_PROXY: name of an upstream of the node's configuration, or an upstream as JSON text (begins with `{`). */
  upstream?: string;
}

export interface TlsConfig {
  insecureSkipVerification: boolean;
  serverNameToVerify?: string;
}

export interface IntegrationResponse {
  /** Absent: the default response. */
  selectionPattern?: string;
  statusCode: string;
  responseParameters: Record<string, string>;
  responseTemplates: Record<string, string>;
  contentHandling?: ContentHandling;
}

export interface Model {
  name: string;
  contentType: string;
  description?: string;
  /** JSON Schema as JSON text. */
  schema: string;
}

export interface RequestValidator {
  name: string;
  validateRequestBody: boolean;
  validateRequestParameters: boolean;
}

export interface Authorizer {
  name: string;
  type: 'TOKEN' | 'REQUEST' | 'COGNITO_USER_POOLS';
  authType?: string;
  authorizerUri?: string;
  authorizerCredentials?: string;
  identitySource?: string;
  identityValidationExpression?: string;
  authorizerResultTtlInSeconds?: number;
  providerArns: string[];
}

export interface GatewayResponse {
  responseType: string;
  statusCode?: string;
  responseParameters: Record<string, string>;
  responseTemplates: Record<string, string>;
}
