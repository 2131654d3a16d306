import { expect, test } from 'vitest';
import { Heartbeat } from '../../../src/config/follower/heartbeat.js';
import type { ConfigStore } from '../../../src/config/store.js';
import { StoreUnavailableError } from '../../../src/config/store.js';
import { MemoryStore } from '../../../src/config/stores/memory-store.js';
import { nodeStatusCodec } from '../../../src/proto/codec.js';
import type { NodeStatus } from '../../../src/proto/messages.js';
import { VirtualTime } from './virtual-time.js';

function status(appliedRevision: number): NodeStatus {
  return {
    nodeId: 'web-1',
    version: '1',
    epoch: '',
    appliedRevision,
    appliedAt: 0,
    startedAt: 0,
    load: { requestsInFlight: 0, requests: 0, residentMemory: 0, cpu: 0 },
    address: '',
    recent: [],
    unknownItems: [],
    localApis: [],
    draining: false,
    appliedDigest: new Uint8Array(0),
  };
}

class Reports {
  readonly time = new VirtualTime();
  readonly memory = new MemoryStore();
  readonly told: { at: number; revision: number }[] = [];
  revision = 1;
  answerMs = 1;
  down = false;
  readonly heartbeat: Heartbeat;

  constructor() {
    const store: ConfigStore = Object.create(this.memory, {
      report: {
        value: async (id: string, bytes: Uint8Array, ttlMs: number) => {
          this.told.push({ at: this.time.now(), revision: nodeStatusCodec.decode(bytes).appliedRevision });
          await this.time.sleep(this.answerMs);
          if (this.down) throw new StoreUnavailableError('gone');
          await this.memory.report(id, bytes, ttlMs);
        },
      },
      leave: { value: (id: string) => this.memory.leave(id) },
    });
    this.heartbeat = new Heartbeat(store, this.time, () => status(this.revision));
  }
}

test('a node tells what it serves every two seconds, and at once when that changed', async () => {
  const { heartbeat, time, told } = new Reports();
  heartbeat.beat();
  await time.pass(5_000);
  heartbeat.beat();
  await time.pass(3_000);
  expect(told.map(({ at }) => Math.round(at / 10) * 10)).toEqual([0, 2_000, 4_000, 5_000, 7_000]);
});

test('a slow store is told the newest status, not all of them', async () => {
  const reports = new Reports();
  reports.answerMs = 1_000;
  for (reports.revision = 1; reports.revision <= 50; reports.revision++) {
    reports.heartbeat.beat();
    await reports.time.pass(10);
  }
  reports.revision = 50;
  await reports.time.pass(2_000);
  expect(reports.told.map(({ revision }) => revision)).toEqual([1, 50]);
});

test('a store that cannot be reached is told later', async () => {
  const reports = new Reports();
  reports.down = true;
  reports.heartbeat.beat();
  await reports.time.pass(10_000);
  expect(await reports.memory.nodes()).toEqual([]);
  reports.down = false;
  await reports.time.pass(2_100);
  expect(await reports.memory.nodes()).toHaveLength(1);
});

test('a node that leaves is forgotten at once and tells nothing any more', async () => {
  const { heartbeat, time, told, memory } = new Reports();
  heartbeat.beat();
  await time.pass(100);
  expect(await memory.nodes()).toHaveLength(1);
  await heartbeat.leave();
  expect(await memory.nodes()).toEqual([]);
  heartbeat.beat();
  await time.pass(10_000);
  expect(told).toHaveLength(1);
});
