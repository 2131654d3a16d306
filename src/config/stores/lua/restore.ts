import { expectTypes } from './expect-types.js';

/**
 * Puts a configuration back: into an empty store, or over an older revision of the same epoch that was itself put back
 * and not built on since. Over the same revision it puts back the items, when they are not those given.
 *
 * KEYS  revision (hash), items (hash)
 * ARGV  channel, epoch, revision, head, mac, encoded ConfigEvent, (key, item)...
 * Emits the ConfigEvent on the channel, when it was put back.
 * Returns 1 when the store now holds it, by this call or an earlier one; else 0
 * Errors WRONGTYPE, before anything has changed.
 */
export const RESTORE = `${expectTypes('hash', 'hash')}
local newest = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'restored', 'head', 'mac')
local same = newest[1] == ARGV[2] and newest[2] == ARGV[3] and newest[4] == ARGV[4] and newest[5] == ARGV[5]
if same then
  local whole = redis.call('HLEN', KEYS[2]) == (#ARGV - 6) / 2
  for at = 7, #ARGV, 2 do
    whole = whole and redis.call('HGET', KEYS[2], ARGV[at]) == ARGV[at + 1]
  end
  if whole then return 1 end
elseif newest[1] then
  local older = newest[1] == ARGV[2] and (tonumber(newest[2]) or 0) < tonumber(ARGV[3])
  if not (newest[3] and older) then return 0 end
end
redis.call('PUBLISH', ARGV[1], ARGV[6])
redis.call('DEL', KEYS[2])
for first = 7, #ARGV, 1000 do
  redis.call('HSET', KEYS[2], unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
if not same then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'revision', ARGV[3], 'head', ARGV[4], 'mac', ARGV[5],
    'reaches-back-to', ARGV[3], 'restored', '1')
end
return 1
`;
