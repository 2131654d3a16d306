/** APIs and stages of a configuration as they are named on a command line. */
import type { Api, Snapshot, Stage } from '../model/snapshot.js';
import { suggestion } from '../node/did-you-mean.js';
import { CommandError } from './output.js';

/** @throws CommandError that names those there are */
export function findApi({ apis }: Pick<Snapshot, 'apis'>, id: string): Api {
  const found = apis.find((api) => api.id === id);
  if (found !== undefined) return found;
  const ids = apis.map((api) => api.id);
  throw new CommandError(`there is no API ${id}${known(id, ids)}`);
}

/** @throws CommandError that names those there are */
export function findStage({ id, stages }: Api, stage: string): Stage {
  const found = stages.find(({ name }) => name === stage);
  if (found !== undefined) return found;
  const names = stages.map(({ name }) => name);
  throw new CommandError(`API ${id} has no stage ${stage}${known(stage, names)}`);
}

/** What there is instead, behind `there is no ...`. */
export function known(name: string, names: readonly string[]): string {
  const hint = suggestion(name, names);
  if (hint !== '') return hint;
  return `: there ${names.length === 0 ? 'is none' : `are ${names.slice(0, 10).join(', ')}`}`;
}
