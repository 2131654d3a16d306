/** Tags, as every entity that has some keeps them. */
import { badRequest } from '../wire/errors.js';
import { required, type Shape, TEXT } from '../wire/shape.js';
import type { TextMap } from './parts.js';

export const TAGS: Shape = { kind: 'map', of: required(TEXT) };

const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

/** Empty when there are none. @throws ApiError */
export function checkedTags(given: unknown): TextMap {
  const tags = (given ?? {}) as TextMap;
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) throw badRequest(`A resource can have ${MAX_TAGS} tags at most`);
  for (const [key, value] of entries) {
    if (key === '' || key.length > MAX_KEY) {
      throw badRequest(`Invalid tag key specified: ${key}. It must have 1 to ${MAX_KEY} characters`);
    }
    if (/^aws:/i.test(key)) throw badRequest(`Invalid tag key specified: ${key}. aws: is reserved`);
    if (value.length > MAX_VALUE) {
      throw badRequest(`Invalid tag value specified for ${key}. It can have ${MAX_VALUE} characters at most`);
    }
  }
  return tags;
}

/** Recorded: Create and lists show tags only when there are some, Get and Update always. */
export function withoutEmptyTags<T extends { readonly tags: TextMap }>(entity: T): object {
  const { tags, ...members } = entity;
  return Object.keys(tags).length === 0 ? members : entity;
}
