/** What the readers of one document share. */
import type { Authorizer, Method, Model } from '../model/snapshot.js';
import type { Cursor } from './cursor.js';
import type { SourceDocument } from './document.js';

/** A security scheme as operations see it. */
export type SchemeUse =
  | { kind: 'authorizer'; authorizer: Authorizer }
  | { kind: 'iam' }
  | { kind: 'api-key' }
  /** Declared, but nothing API Gateway enforces. */
  | { kind: 'unenforced' };

export type MethodSecurity = Pick<
  Method,
  'authorizationType' | 'authorizerName' | 'authorizationScopes' | 'apiKeyRequired'
>;

export interface ImportContext {
  readonly document: SourceDocument;
  /** 3: OpenAPI 3.0 or 3.1; 2: Swagger 2.0. */
  readonly version: 2 | 3;
  /** Stands in the `$ref`s between models. */
  readonly apiId: string;
  /** Goes before every path of the document: empty, or `/a/b`. */
  readonly prefix: string;
  readonly schemes: ReadonlyMap<string, SchemeUse>;
  readonly validators: ReadonlySet<string>;
  /** Models by name; readers of operations add inline and missing ones. */
  readonly models: Map<string, Model>;
  /** Where the models of the document stand, by name. */
  readonly modelPlaces: Map<string, Cursor>;
  /** What the document demands of operations without their own security; read at the first of them. */
  rootSecurity?: MethodSecurity;
}
