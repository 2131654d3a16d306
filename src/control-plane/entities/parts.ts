/**
 * What the aggregates hold. One aggregate for each REST API, `restapi/{id}`, with the parts named below; deployments keep
 * their copy of the definition in an aggregate of their own, because an API's edits need not read them.
 * Members that API Gateway omits are absent.
 */
import type { Definition } from '../../model/snapshot.js';

export const restApiAggregate = (id: string): string => `restapi/${id}`;
export const REST_APIS = 'restapi/';
/** Part `deployment`: a `DeployedDefinitionPart`. */
export const deploymentAggregate = (apiId: string, deploymentId: string): string =>
  `deployment/${apiId}/${deploymentId}`;

/** Names of the parts of `restapi/{id}`. */
export const API = 'api';
export const RESOURCES = 'resource/';
export const MODELS = 'model/';
export const VALIDATORS = 'validator/';
export const AUTHORIZERS = 'authorizer/';
export const GATEWAY_RESPONSES = 'gatewayresponse/';
export const DEPLOYMENTS = 'deployment/';
export const STAGES = 'stage/';
export const DOCUMENTATION_PARTS = 'documentationpart/';
export const DOCUMENTATION_VERSIONS = 'documentationversion/';

export type TextMap = Readonly<Record<string, string>>;

/** Part `api`. */
export interface RestApiPart {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly version?: string;
  /** Epoch seconds, as all dates. */
  readonly createdDate: number;
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER';
  readonly binaryMediaTypes: readonly string[];
  readonly minimumCompressionSize?: number;
  readonly endpointConfiguration: EndpointConfiguration;
  readonly disableExecuteApiEndpoint: boolean;
  readonly policy?: string;
  readonly tags: TextMap;
  readonly rootResourceId: string;
  readonly securityPolicy?: string;
  readonly endpointAccessMode?: string;
}

export interface EndpointConfiguration {
  readonly types: readonly string[];
  readonly ipAddressType: string;
  readonly vpcEndpointIds?: readonly string[];
}

/** Part `resource/{id}`: with its methods, which nobody edits apart from it. */
export interface ResourcePart {
  readonly id: string;
  readonly parentId?: string;
  readonly pathPart?: string;
  readonly path: string;
  /** By method in upper case. */
  readonly methods: Readonly<Record<string, MethodPart>>;
}

export interface MethodPart {
  readonly httpMethod: string;
  readonly authorizationType: string;
  readonly apiKeyRequired: boolean;
  readonly authorizerId?: string;
  readonly requestValidatorId?: string;
  readonly operationName?: string;
  readonly requestParameters?: Readonly<Record<string, boolean>>;
  readonly requestModels?: TextMap;
  readonly authorizationScopes?: readonly string[];
  /** By status code. */
  readonly methodResponses?: Readonly<Record<string, MethodResponsePart>>;
  readonly methodIntegration?: IntegrationPart;
}

export interface MethodResponsePart {
  readonly statusCode: string;
  readonly responseParameters?: Readonly<Record<string, boolean>>;
  readonly responseModels?: TextMap;
}

export interface IntegrationPart {
  readonly type: string;
  readonly httpMethod?: string;
  readonly uri?: string;
  readonly connectionType?: string;
  readonly connectionId?: string;
  readonly credentials?: string;
  readonly requestParameters?: TextMap;
  readonly requestTemplates?: Readonly<Record<string, string | null>>;
  readonly passthroughBehavior: string;
  readonly contentHandling?: string;
  readonly timeoutInMillis: number;
  readonly cacheNamespace: string;
  readonly cacheKeyParameters: readonly string[];
  readonly tlsConfig?: { readonly insecureSkipVerification?: boolean; readonly serverNameToVerify?: string };
  readonly responseTransferMode?: string;
  readonly integrationTarget?: string;
  /** Of HTTP APIs; kept so that an export loses nothing. */
  readonly payloadFormatVersion?: string;
  readonly integrationSubtype?: string;
  /** `x-propylon-upstream` of an imported definition. */
  readonly upstream?: string;
  /**
   * In order of creation: the first whose pattern matches wins (reference 05 section 1). No map by status code, whose
   * entries JavaScript puts in the order of the codes; of one code there are several only after an import.
   */
  readonly integrationResponses?: readonly IntegrationResponsePart[];
}

export interface IntegrationResponsePart {
  readonly statusCode: string;
  readonly selectionPattern?: string;
  readonly responseParameters?: TextMap;
  /** Null: a template given null or empty (reference 09 section 3.1). */
  readonly responseTemplates?: Readonly<Record<string, string | null>>;
  readonly contentHandling?: string;
}

/** Part `model/{name}`. */
export interface ModelPart {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly schema: string;
  readonly contentType: string;
}

/** Part `validator/{id}`. */
export interface RequestValidatorPart {
  readonly id: string;
  readonly name: string;
  readonly validateRequestBody: boolean;
  readonly validateRequestParameters: boolean;
}

/** Part `authorizer/{id}`. */
export interface AuthorizerPart {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly providerARNs?: readonly string[];
  readonly authType?: string;
  readonly authorizerUri?: string;
  readonly authorizerCredentials?: string;
  readonly identitySource?: string;
  readonly identityValidationExpression?: string;
  readonly authorizerResultTtlInSeconds?: number;
}

/** Part `gatewayresponse/{type}`: only the customised ones. */
export interface GatewayResponsePart {
  readonly responseType: string;
  readonly statusCode?: string;
  readonly responseParameters: TextMap;
  readonly responseTemplates: TextMap;
}

/** Part `deployment/{id}`. */
export interface DeploymentPart {
  readonly id: string;
  readonly description?: string;
  readonly createdDate: number;
  readonly apiSummary: Readonly<
    Record<string, Readonly<Record<string, { authorizationType: string; apiKeyRequired: boolean }>>>
  >;
}

/** What was deployed; never changes. */
export interface DeployedDefinitionPart {
  readonly definition: Definition;
}

/** Part `stage/{name}`: what the API shows of it. */
export interface StagePart {
  readonly stageName: string;
  readonly deploymentId: string;
  readonly description?: string;
  readonly clientCertificateId?: string;
  readonly cacheClusterEnabled: boolean;
  readonly cacheClusterSize?: string;
  readonly cacheClusterStatus: string;
  readonly methodSettings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly variables?: TextMap;
  readonly documentationVersion?: string;
  readonly accessLogSettings?: { readonly format?: string; readonly destinationArn?: string };
  readonly canarySettings?: CanarySettingsPart;
  readonly tracingEnabled: boolean;
  readonly webAclArn?: string;
  readonly tags?: TextMap;
  readonly createdDate: number;
  readonly lastUpdatedDate: number;
}

export interface CanarySettingsPart {
  readonly percentTraffic: number;
  readonly deploymentId: string;
  readonly stageVariableOverrides?: TextMap;
  readonly useStageCache: boolean;
}

/** Part `documentationpart/{id}`. */
export interface DocumentationPart {
  readonly id: string;
  readonly location: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly properties: string;
}

/** Part `documentationversion/{version}`. */
export interface DocumentationVersionPart {
  readonly version: string;
  readonly createdDate: number;
  readonly description?: string;
  /** As they were when the version was made; never shown. */
  readonly parts: readonly DocumentationPart[];
}
