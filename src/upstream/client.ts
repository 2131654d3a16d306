/** Makes the client a worker talks to its backends with. */
import { Http1Client } from './http1/client.js';
import type { UpstreamClientOptions } from './options.js';
import { UndiciClient } from './undici.js';
import type { UpstreamClient, UpstreamSettings } from './upstream.js';

/** @param settings complete, every default filled in */
export function createUpstreamClient(
  settings: UpstreamSettings,
  options: UpstreamClientOptions = {},
): UpstreamClient {
  return settings.client === 'undici'
    ? new UndiciClient(settings, options)
    : new Http1Client(settings, options);
}
