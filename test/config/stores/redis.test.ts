import { afterAll, beforeAll } from 'vitest';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { describeStore } from './conformance.js';
import { redisPlace } from './places.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describeStore('Redis', async () => redisPlace({ url: server.url }));
