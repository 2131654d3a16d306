/**
 * Decoding of items in steps. A stage can hold megabytes: its resources and models are found with a walk over the wire
 * format, which costs little, and decoded one by one.
 */
import protobuf from 'protobufjs/minimal.js';
import type { Canary, Definition, Deployment, Item, Resource, StageItem } from '../model/snapshot.js';
import type { Steps } from '../steps.js';
import {
  canaryCodec,
  decodeItem,
  definitionCodec,
  deploymentCodec,
  modelCodec,
  resourceCodec,
  stageCodec,
} from './codec.js';

/** Field numbers of `proto/propylon/v1/snapshot.proto`. */
const ITEM = { stage: 2 };
const STAGE = { deployment: 3, canary: 5 };
const CANARY = { deployment: 1 };
const DEPLOYMENT = { definition: 2 };
const DEFINITION = { resources: 9, models: 10 };

const LENGTH_DELIMITED = 2;

/**
 * Resources by their encoded bytes, as text of one character per byte. A change leaves most resources of a stage as they
 * were: to find one here costs a tenth of decoding it, and leaves nothing behind to be collected.
 */
export type KnownResources = ReadonlyMap<string, KnownResource>;

interface KnownResource {
  /** The key, so that maps that follow each other share one text. */
  readonly text: string;
  readonly resource: Resource;
}

/** What was decoded before, and room for all there is now. */
export interface ResourceMemory {
  readonly before: KnownResources;
  readonly now: Map<string, KnownResource>;
}

/**
 * What `decodeItem` gives, in steps.
 * @param memory spares the decoding of resources it knows; they are the same objects again
 * @throws Error when the bytes are no item, or a stage without its definition
 */
export function* decodeItemInSteps(bytes: Uint8Array, memory?: ResourceMemory): Steps<Item | undefined> {
  const item = split(bytes, [ITEM.stage]);
  const stage = item.parts.get(ITEM.stage);
  // Items of other kinds are small; of a message with several kinds the decoder knows which one counts.
  if (stage === undefined || item.rest.length > 0) return decodeItem(bytes);
  return { kind: 'stage', stage: yield* decodeStage(joined(stage), memory) };
}

function* decodeStage(bytes: Uint8Array, memory: ResourceMemory | undefined): Steps<StageItem> {
  const { rest, parts } = split(bytes, [STAGE.deployment, STAGE.canary]);
  const deployment = yield* decodeDeployment(parts.get(STAGE.deployment), memory);
  const canary = parts.get(STAGE.canary);
  const stage: StageItem = { ...stageCodec.decode(rest), deployment };
  return canary === undefined ? stage : { ...stage, canary: yield* decodeCanary(joined(canary), memory) };
}

function* decodeCanary(bytes: Uint8Array, memory: ResourceMemory | undefined): Steps<Canary> {
  const { rest, parts } = split(bytes, [CANARY.deployment]);
  const deployment = yield* decodeDeployment(parts.get(CANARY.deployment), memory);
  return { ...canaryCodec.decode(rest), deployment };
}

function* decodeDeployment(
  occurrences: readonly Uint8Array[] | undefined,
  memory: ResourceMemory | undefined,
): Steps<Deployment> {
  if (occurrences === undefined) throw new Error('a stage or canary has no deployment');
  const { rest, parts } = split(joined(occurrences), [DEPLOYMENT.definition]);
  const definition = parts.get(DEPLOYMENT.definition);
  if (definition === undefined) throw new Error('a deployment has no definition');
  return { ...deploymentCodec.decode(rest), definition: yield* decodeDefinition(joined(definition), memory) };
}

function* decodeDefinition(bytes: Uint8Array, memory: ResourceMemory | undefined): Steps<Definition> {
  const { rest, parts } = split(bytes, [DEFINITION.resources, DEFINITION.models]);
  const definition = definitionCodec.decode(rest);
  yield;
  for (const resource of parts.get(DEFINITION.resources) ?? []) {
    definition.resources.push(decodeResource(resource, memory));
    yield;
  }
  for (const model of parts.get(DEFINITION.models) ?? []) {
    definition.models.push(modelCodec.decode(model));
    yield;
  }
  return definition;
}

function decodeResource(bytes: Uint8Array, memory: ResourceMemory | undefined): Resource {
  if (memory === undefined) return resourceCodec.decode(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const known = memory.before.get(text) ?? { text, resource: resourceCodec.decode(bytes) };
  memory.now.set(known.text, known);
  return known.resource;
}

/** The contents of the fields `taken`, each in the order of its occurrences, and the message without them. */
function split(
  bytes: Uint8Array,
  taken: readonly number[],
): { rest: Uint8Array; parts: Map<number, Uint8Array[]> } {
  const reader = protobuf.Reader.create(bytes);
  const parts = new Map<number, Uint8Array[]>();
  const others: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const field = tag >>> 3;
    if ((tag & 7) === LENGTH_DELIMITED && taken.includes(field)) {
      const contents = parts.get(field) ?? [];
      contents.push(reader.bytes());
      parts.set(field, contents);
    } else {
      reader.skipType(tag & 7);
      others.push(bytes.subarray(from, reader.pos));
    }
  }
  return { rest: joined(others), parts };
}

/** Messages and their parts may come in pieces: whatever is written one after the other reads as one. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
}
