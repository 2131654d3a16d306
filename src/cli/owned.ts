/** APIs that belong to the control plane: what it edits and what is served would no longer agree. */
import type { ConfigStore } from '../config/store.js';
import { CommandError } from './output.js';

/** Those of the APIs that were made with API Gateway calls. @throws StoreUnavailableError */
export async function ownedApis(store: ConfigStore, apiIds: Iterable<string>): Promise<string[]> {
  const ids = [...new Set(apiIds)];
  const versions = await Promise.all(ids.map((id) => store.documentVersion(`restapi/${id}`)));
  return ids.filter((_, i) => (versions[i] ?? 0) > 0);
}

/**
 * @param consequence what does not happen: `nothing is pushed`
 * @throws CommandError when one of the APIs is the control plane's
 * @throws StoreUnavailableError
 */
export async function refuseOwned(
  store: ConfigStore,
  apiIds: Iterable<string>,
  consequence: string,
): Promise<void> {
  const owned = await ownedApis(store, apiIds);
  if (owned.length === 0) return;
  const names = owned.length === 1 ? `API ${owned[0]} is` : `the APIs ${owned.join(', ')} are`;
  throw new CommandError(
    `${consequence}: ${names} managed through the control plane, with the AWS CLI, an SDK or Terraform; make the change there`,
  );
}
