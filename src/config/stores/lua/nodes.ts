import { expectTypes } from './expect-types.js';

/** Milliseconds since 1970 by the server's clock, in 'now'. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * The server's clock.
 *
 * KEYS  revision: only so that a cluster asks the server that keeps the configuration
 * Returns milliseconds since 1970
 */
export const CLOCK = `${NOW}
return now
`;

/**
 * Keeps a node's status for a while, and forgets those whose time is over.
 *
 * KEYS  nodes (hash: node id -> encoded NodeStatus), expiry (sorted set: node id by milliseconds since 1970)
 * ARGV  node id, encoded NodeStatus, milliseconds
 * Returns 1
 * Errors WRONGTYPE, before anything has changed.
 */
export const REPORT = `${expectTypes('hash', 'zset')}${NOW}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
`;

/**
 * Forgets a node.
 *
 * KEYS  nodes (hash), expiry (sorted set)
 * ARGV  node id
 * Returns 1
 */
export const LEAVE = `${expectTypes('hash', 'zset')}
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
`;

/**
 * The statuses whose time is not over.
 *
 * KEYS  nodes (hash), expiry (sorted set)
 * ARGV  statuses at most, bytes one may have; larger ones are left out
 * Returns {encoded NodeStatus, ...}
 * Errors WRONGTYPE
 */
export const NODES = `${NOW}
local statuses = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now, '+inf', 'LIMIT', 0, tonumber(ARGV[1]))) do
  local size = redis.call('HSTRLEN', KEYS[1], id)
  if size > 0 and size <= tonumber(ARGV[2]) then statuses[#statuses + 1] = redis.call('HGET', KEYS[1], id) end
end
return statuses
`;
