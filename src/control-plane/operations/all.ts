/** Every operation there is (reference 09 section 2). */
import type { Operation } from '../operation.js';
import { ACCOUNT_OPERATIONS } from './account.js';
import { API_KEY_IMPORT_OPERATIONS } from './api-key-import.js';
import { API_KEY_OPERATIONS } from './api-keys.js';
import { AUTHORIZER_OPERATIONS } from './authorizers.js';
import { BASE_PATH_MAPPING_OPERATIONS } from './base-path-mappings.js';
import { CLIENT_CERTIFICATE_OPERATIONS } from './client-certificates.js';
import { DEPLOYMENT_OPERATIONS } from './deployments.js';
import { DOCUMENTATION_PART_OPERATIONS } from './documentation-parts.js';
import { DOCUMENTATION_VERSION_OPERATIONS } from './documentation-versions.js';
import { DOMAIN_NAME_ACCESS_ASSOCIATION_OPERATIONS } from './domain-name-access-associations.js';
import { DOMAIN_NAME_OPERATIONS } from './domain-names.js';
import { EXPORT_OPERATIONS } from './export.js';
import { GATEWAY_RESPONSE_OPERATIONS } from './gateway-responses.js';
import { IMPORT_OPERATIONS } from './import.js';
import { INTEGRATION_RESPONSE_OPERATIONS } from './integration-responses.js';
import { INTEGRATION_OPERATIONS } from './integrations.js';
import { METHOD_RESPONSE_OPERATIONS } from './method-responses.js';
import { METHOD_OPERATIONS } from './methods.js';
import { MODEL_OPERATIONS } from './models.js';
import { REQUEST_VALIDATOR_OPERATIONS } from './request-validators.js';
import { RESOURCE_OPERATIONS } from './resources.js';
import { REST_API_OPERATIONS } from './rest-apis.js';
import { SDK_OPERATIONS } from './sdks.js';
import { STAGE_CACHE_OPERATIONS } from './stage-caches.js';
import { STAGE_OPERATIONS } from './stages.js';
import { TAG_OPERATIONS } from './tags.js';
import { USAGE_PLAN_KEY_OPERATIONS } from './usage-plan-keys.js';
import { USAGE_PLAN_OPERATIONS } from './usage-plans.js';
import { VPC_LINK_OPERATIONS } from './vpc-links.js';

export const ALL_OPERATIONS: readonly Operation[] = [
  ...REST_API_OPERATIONS,
  ...IMPORT_OPERATIONS,
  ...RESOURCE_OPERATIONS,
  ...METHOD_OPERATIONS,
  ...METHOD_RESPONSE_OPERATIONS,
  ...INTEGRATION_OPERATIONS,
  ...INTEGRATION_RESPONSE_OPERATIONS,
  ...MODEL_OPERATIONS,
  ...REQUEST_VALIDATOR_OPERATIONS,
  ...GATEWAY_RESPONSE_OPERATIONS,
  ...AUTHORIZER_OPERATIONS,
  ...DEPLOYMENT_OPERATIONS,
  ...STAGE_OPERATIONS,
  ...EXPORT_OPERATIONS,
  ...DOMAIN_NAME_OPERATIONS,
  ...BASE_PATH_MAPPING_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...API_KEY_OPERATIONS,
  ...API_KEY_IMPORT_OPERATIONS,
  ...USAGE_PLAN_OPERATIONS,
  ...USAGE_PLAN_KEY_OPERATIONS,
  ...VPC_LINK_OPERATIONS,
  ...CLIENT_CERTIFICATE_OPERATIONS,
  ...TAG_OPERATIONS,
  ...SDK_OPERATIONS,
  ...STAGE_CACHE_OPERATIONS,
  ...DOMAIN_NAME_ACCESS_ASSOCIATION_OPERATIONS,
  ...DOCUMENTATION_PART_OPERATIONS,
  ...DOCUMENTATION_VERSION_OPERATIONS,
];
