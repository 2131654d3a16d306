/** Security schemes as authorizers, and the security of operations as API Gateway's authorization types. */
import type { Authorizer } from '../model/snapshot.js';
import type { ImportContext, MethodSecurity, SchemeUse } from './context.js';
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument } from './document.js';
import { checkExtensions } from './extensions.js';

const AUTHORIZER = 'x-amazon-apigateway-authorizer';
const AUTHORIZER_TYPES: ReadonlySet<string> = new Set(['TOKEN', 'REQUEST', 'COGNITO_USER_POOLS']);
const MAX_TTL_SECONDS = 3600;

/** Members of an authorizer (reference 08 section 2.2) and what is said about those without effect. */
const AUTHORIZER_MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'authorizerUri',
  'authorizerCredentials',
  'identitySource',
  'identityValidationExpression',
  'authorizerResultTtlInSeconds',
  'providerARNs',
]);
const HTTP_API_MEMBERS: ReadonlySet<string> = new Set([
  'authorizerPayloadFormatVersion',
  'enableSimpleResponses',
  'jwtConfiguration',
]);

/** Every scheme of the document, used or not. */
export function readSchemes(document: SourceDocument, version: 2 | 3): Map<string, SchemeUse> {
  const owner = version === 3 ? document.map(document.root.get('components')) : document.root;
  const schemes = new Map<string, SchemeUse>();
  const declared = document.map(owner?.get(version === 3 ? 'securitySchemes' : 'securityDefinitions'));
  for (const member of declared?.members() ?? []) {
    const scheme = document.follow(member);
    if (scheme !== undefined) schemes.set(member.key, readScheme(document, member.key, scheme));
  }
  return schemes;
}

function readScheme(document: SourceDocument, name: string, scheme: Cursor): SchemeUse {
  checkExtensions(document, scheme, 'scheme');
  const authType = document.text(scheme.get('x-amazon-apigateway-authtype'));
  const headerName = document.text(scheme.get('name')) ?? '';
  const extension = scheme.get(AUTHORIZER);
  if (extension !== undefined) {
    const authorizer = readAuthorizer(document, name, headerName, extension);
    if (authType !== undefined) authorizer.authType = authType;
    return { kind: 'authorizer', authorizer };
  }
  if (authType?.toLowerCase() === 'awssigv4') return { kind: 'iam' };
  const inHeader =
    document.text(scheme.get('in')) === 'header' && document.text(scheme.get('type')) === 'apiKey';
  return { kind: inHeader && headerName.toLowerCase() === 'x-api-key' ? 'api-key' : 'unenforced' };
}

function readAuthorizer(document: SourceDocument, name: string, headerName: string, at: Cursor): Authorizer {
  const type = (document.text(at.get('type')) ?? '').toUpperCase();
  if (!AUTHORIZER_TYPES.has(type)) {
    // Loaded without it, the methods that name it would stand open.
    const found =
      type === '' ? 'has no type' : `has the type ${quote(type.toLowerCase())}, which REST APIs lack`;
    document.error(
      at.get('type') ?? at,
      `The authorizer ${found}: write token, request or cognito_user_pools.`,
    );
  }
  for (const member of at.members()) {
    if (AUTHORIZER_MEMBERS.has(member.key)) continue;
    const reason = HTTP_API_MEMBERS.has(member.key) ? 'is for HTTP APIs' : 'is no member of an authorizer';
    document.warn(member, `${quote(member.key)} ${reason} and is ignored: remove it.`);
  }
  const authorizer: Authorizer = {
    name,
    type: type as Authorizer['type'],
    providerArns: document.texts(at.get('providerARNs')),
  };
  // Token and Cognito authorizers read the scheme's header, whatever identitySource says (recorded).
  const identitySource =
    type === 'REQUEST' ? document.text(at.get('identitySource')) : `method.request.header.${headerName}`;
  const uri = document.text(at.get('authorizerUri'));
  const credentials = document.text(at.get('authorizerCredentials'));
  const expression = document.text(at.get('identityValidationExpression'));
  const ttl = document.integer(at.get('authorizerResultTtlInSeconds'), 0, MAX_TTL_SECONDS);
  if (uri !== undefined) authorizer.authorizerUri = uri;
  if (credentials !== undefined) authorizer.authorizerCredentials = credentials;
  if (identitySource !== undefined) authorizer.identitySource = identitySource;
  if (expression !== undefined) authorizer.identityValidationExpression = expression;
  if (ttl !== undefined) authorizer.authorizerResultTtlInSeconds = ttl;
  return authorizer;
}

/** Root-level security holds for operations without their own (recorded). */
export function readSecurity(context: ImportContext, operation: Cursor): MethodSecurity {
  const { document } = context;
  const own = operation.get('security');
  const root = document.root.get('security');
  let security: MethodSecurity;
  if (own === undefined && root !== undefined) {
    context.rootSecurity ??= demandedBy(context, root);
    document.spend(root, operation);
    security = { ...context.rootSecurity };
  } else {
    security = demandedBy(context, own);
  }
  applyAuthExtension(document, security, operation);
  return security;
}

/** The first authorizer counts, an API key entry adds to it. */
function demandedBy(context: ImportContext, demanded: Cursor | undefined): MethodSecurity {
  const { document } = context;
  const security: MethodSecurity = {
    authorizationType: 'NONE',
    authorizationScopes: [],
    apiKeyRequired: false,
  };
  if (demanded !== undefined && demanded.node.kind !== 'list') {
    document.error(
      demanded,
      '"security" is no list, so nobody can say whom it admits: write a list of objects.',
    );
    return security;
  }
  for (const alternative of demanded?.members() ?? []) {
    if (alternative.node.kind !== 'map') {
      document.error(alternative, 'An entry of "security" is no object: write one such as {"name": []}.');
      continue;
    }
    for (const entry of alternative.members()) applyScheme(context, security, entry);
  }
  return security;
}

function applyScheme(context: ImportContext, security: MethodSecurity, entry: Cursor): void {
  const { document, schemes } = context;
  const scheme = schemes.get(entry.key);
  switch (scheme?.kind) {
    case undefined:
      applyUndeclared(context, security, entry);
      return;
    case 'unenforced':
      document.warn(
        entry,
        `API Gateway does not enforce the security scheme ${quote(entry.key)}, whoever calls is let in: give it an ${AUTHORIZER}.`,
      );
      return;
    case 'api-key':
      security.apiKeyRequired = true;
      return;
    case 'iam':
      if (security.authorizationType === 'NONE') security.authorizationType = 'AWS_IAM';
      return;
    case 'authorizer':
      if (security.authorizationType !== 'NONE') return;
      security.authorizationType =
        scheme.authorizer.type === 'COGNITO_USER_POOLS' ? 'COGNITO_USER_POOLS' : 'CUSTOM';
      security.authorizerName = scheme.authorizer.name;
      security.authorizationScopes = document.texts(entry);
  }
}

/** Skipped, the method would stand open although its author asked for protection. */
function applyUndeclared({ document }: ImportContext, security: MethodSecurity, entry: Cursor): void {
  if (entry.key !== 'api_key') {
    document.error(entry, `There is no security scheme ${quote(entry.key)}: declare it or correct the name.`);
    return;
  }
  // The name AWS's own exports and samples use, the latter without declaring it.
  security.apiKeyRequired = true;
  const message =
    'The security scheme "api_key" is not declared and is taken for an API key in x-api-key: declare it.';
  document.warn(entry, message);
}

/** `x-amazon-apigateway-auth` may add IAM; it never takes away what `security` demands. */
function applyAuthExtension(document: SourceDocument, security: MethodSecurity, operation: Cursor): void {
  const extension = operation.get('x-amazon-apigateway-auth');
  if (extension === undefined) return;
  const type = extension.get('type') ?? extension;
  const text = document.text(extension.get('type'))?.toUpperCase() ?? '';
  if (text === 'AWS_IAM') {
    security.authorizationType = 'AWS_IAM';
    security.authorizationScopes = [];
    delete security.authorizerName;
  } else if (text !== 'NONE') {
    document.error(type, `The authorization type ${quote(text)} is unknown: write NONE or AWS_IAM.`);
  } else if (security.authorizationType !== 'NONE') {
    document.warn(
      type,
      'The type NONE does not lift the security demanded elsewhere: write "security": [] to lift it.',
    );
  }
}
