/** What the main thread and the control plane's thread say to each other, the store's calls aside. */
import type { MessagePort } from 'node:worker_threads';
import type { Items } from '../config/items.js';
import type { NodeSettings } from '../config/settings.js';
import type { ControlPlaneAnswer, ControlPlaneRequest } from './control-plane.js';

/** What the thread starts with. */
export interface ControlPlaneData {
  /** The other end is served by `serveStore`. */
  store: MessagePort;
  storeDescription: string;
  storeDurable: boolean;
  storeExternal: boolean;
  settings: ControlPlaneThreadSettings;
  local: LocalDefinitions;
}

/** Of the node's settings what operations need. */
export interface ControlPlaneThreadSettings
  extends Pick<NodeSettings, 'lambda' | 'aws' | 'upstream' | 'upstreams' | 'skipAuthorization'> {
  /** Plain names of the functions that run in this node. */
  functionNames: readonly string[];
  /** Signs revisions. */
  configKey?: Uint8Array;
  /** Opens the secrets of access keys; absent: there can be none. */
  masterKey?: Uint8Array;
}

/** What this node alone serves, because it was given to it at its start. */
export interface LocalDefinitions {
  items: Items;
  /** By API id: the files its stages come from, for people. */
  files: Readonly<Record<string, string>>;
}

export type ToControlPlane =
  | { type: 'request'; id: number; request: ControlPlaneRequest }
  | { type: 'local'; local: LocalDefinitions }
  /** To this node's functions; the one before is dead. */
  | { type: 'functions'; port: MessagePort };

export type FromControlPlane = { type: 'ready' } | { type: 'answer'; id: number; answer: ControlPlaneAnswer };
