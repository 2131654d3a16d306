/** What an export is asked for (reference 08 section 1). */
import type { Documentation } from '../documentation.js';
import type { EndpointConfiguration } from '../endpoints.js';

/**
 * `apigateway` stands for `integrations`, `authorizers` and `validators` and adds what holds for the whole API; `postman`
 * adds nothing.
 */
export type ExportExtension =
  | 'apigateway'
  | 'authorizers'
  | 'documentation'
  | 'integrations'
  | 'postman'
  | 'validators';

export interface ExportTarget {
  format: 'swagger' | 'oas30';
  extensions: ReadonlySet<ExportExtension>;
  apiId: string;
  region: string;
  stageName: string;
  /** Epoch seconds; its date is the version of an API that has none. Absent: the version stays empty. */
  createdDate?: number;
  documentation?: Documentation;
  endpointConfiguration?: EndpointConfiguration;
}

export function includes({ extensions }: ExportTarget, extension: ExportExtension): boolean {
  return extensions.has(extension) || (extension !== 'documentation' && extensions.has('apigateway'));
}

/** `info.version`: the API's, else a date such as `2023-05-04T10:11:12Z`. */
export function exportVersion(version: string, { createdDate }: ExportTarget): string {
  return version !== '' || createdDate === undefined
    ? version
    : new Date(createdDate * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
