/** The access keys of the control plane: one aggregate, `admin/keys`, with a part for each. */
import { randomBytes, randomInt } from 'node:crypto';
import type { ConfigStore } from '../../config/store.js';
import { present } from '../entities/rest-api.js';
import type { Transaction } from '../workspace/transaction.js';
import type { Workspace } from '../workspace/workspace.js';
import type { SecretBox } from './secret-box.js';

export const ACCESS_KEYS = 'admin/keys';
const PART = 'key/';

interface AccessKeyPart {
  readonly id: string;
  readonly name?: string;
  readonly readOnly: boolean;
  /** Epoch seconds. */
  readonly createdDate: number;
  /** Sealed for the key's id. */
  readonly secret: string;
}

/** What may be shown of a key. */
export type AccessKey = Omit<AccessKeyPart, 'secret'>;

export interface NewAccessKey extends AccessKey {
  /** Shown once. */
  secret: string;
}

/** Letters and digits that are not mistaken for each other, as in AWS's own ids. */
const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SECRET_BYTES = 30;

export class AccessKeys {
  readonly #workspace: Workspace;
  readonly #box: SecretBox;

  constructor(workspace: Workspace, box: SecretBox) {
    this.#workspace = workspace;
    this.#box = box;
  }

  async create(options: { name?: string; readOnly: boolean }, by: string): Promise<NewAccessKey> {
    const secret = randomBytes(SECRET_BYTES).toString('base64');
    let id = 'AKIA';
    for (let i = 0; i < 16; i++) id += ID_ALPHABET[randomInt(ID_ALPHABET.length)];
    const key = await this.#workspace.run(async (transaction) => {
      const draft = await transaction.aggregateOrNew(ACCESS_KEYS);
      const part = present<AccessKeyPart>({
        id,
        name: options.name,
        readOnly: options.readOnly,
        createdDate: transaction.now,
        secret: this.#box.seal(secret, id),
      });
      draft.put(`${PART}${id}`, part);
      return part;
    }, by);
    return { ...key, secret };
  }

  async list(): Promise<AccessKey[]> {
    const parts = await this.#workspace.run(keysOf, 'admin');
    return parts.map(({ secret: _, ...shown }) => shown);
  }

  /** False: there is no such key. */
  async delete(id: string, by: string): Promise<boolean> {
    return this.#workspace.run(async (transaction) => {
      const draft = await transaction.aggregate(ACCESS_KEYS);
      if (draft?.get(`${PART}${id}`) === undefined) return false;
      draft.delete(`${PART}${id}`);
      return true;
    }, by);
  }

  /** The key and its secret; undefined: unknown, or sealed with another master key. */
  async find(id: string): Promise<{ key: AccessKey; secret: string } | undefined> {
    const parts = await this.#workspace.run(keysOf, 'admin');
    const part = parts.find((one) => one.id === id);
    const secret = part === undefined ? undefined : this.#box.open(part.secret, id);
    return part === undefined || secret === undefined ? undefined : { key: part, secret };
  }

  async any(): Promise<boolean> {
    return (await this.#workspace.run(keysOf, 'admin')).length > 0;
  }
}

/** Whether callers have to sign, as far as a look at the store tells. @throws StoreUnavailableError */
export async function hasAccessKeys(store: Pick<ConfigStore, 'document'>): Promise<boolean> {
  const document = await store.document(ACCESS_KEYS);
  return [...(document?.parts.keys() ?? [])].some((name) => name.startsWith(PART));
}

async function keysOf(transaction: Transaction): Promise<AccessKeyPart[]> {
  return (await transaction.aggregate(ACCESS_KEYS))?.list<AccessKeyPart>(PART) ?? [];
}
