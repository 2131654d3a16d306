import { expectTypes } from './expect-types.js';

/**
 * Carries out a commit, all or nothing, at most once per id.
 *
 * KEYS  revision (hash), items (hash), history (list), documents (hash: aggregate -> version),
 *       the commit's id (string), then one hash per changed aggregate
 * ARGV  channel, milliseconds an id is remembered, revisions kept in the history,
 *       '1' when there is a revision, and if so:
 *         expected epoch and revision ('' and '' for an empty store), epoch, revision, head, mac, encoded HistoryEntry,
 *         encoded ConfigEvent, number of upserts, (key, item)..., number of deletes, key...
 *       then per aggregate, in the order of KEYS:
 *         aggregate, expected version, '1' to drop it, number of puts, (name, content)..., number of deletes, name...
 * Emits the ConfigEvent on the channel, when there is a revision.
 * Returns {'done'} | {'conflict', epoch, revision} (of the store; '' and '' when empty)
 *         | {'conflict', epoch, revision, aggregate}
 * Errors WRONGTYPE, before anything has changed.
 */
export const COMMIT = `${expectTypes('hash', 'hash', 'list', 'hash', 'string', 'hash')}
if redis.call('EXISTS', KEYS[5]) == 1 then return { 'done' } end

local at = 3
local function take()
  at = at + 1
  return ARGV[at]
end
-- The next 'count' arguments, in portions that fit on Lua's stack.
local function each(count, portion, use)
  while count > 0 do
    local size = math.min(count, portion)
    use(unpack(ARGV, at + 1, at + size))
    at = at + size
    count = count - size
  end
end
local function skip(width)
  local count = tonumber(take())
  at = at + count * width
end

local newest = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'reaches-back-to')
local epoch, revision = newest[1] or '', newest[2] or ''

-- First all the checks.
local has_revision = take() == '1'
local revision_at = at
if has_revision then
  if take() ~= epoch or take() ~= revision then return { 'conflict', epoch, revision } end
  at = at + 6
  skip(2)
  skip(1)
end
local documents_at = at
for index = 6, #KEYS do
  local aggregate, expected = take(), take()
  if (redis.call('HGET', KEYS[4], aggregate) or '0') ~= expected then
    return { 'conflict', epoch, revision, aggregate }
  end
  take()
  skip(2)
  skip(1)
end

-- Then all the changes; what an access list or a full memory could refuse comes first.
redis.call('SET', KEYS[5], '1', 'PX', ARGV[2])
if has_revision then
  at = revision_at + 2
  local next_epoch, next_revision, head, mac, entry, event = take(), take(), take(), take(), take(), take()
  redis.call('PUBLISH', ARGV[1], event)
  redis.call('RPUSH', KEYS[3], entry)
  redis.call('LTRIM', KEYS[3], -tonumber(ARGV[3]), -1)
  local upserts = tonumber(take())
  local upserts_at = at
  at = at + upserts * 2
  each(tonumber(take()), 1000, function(...) redis.call('HDEL', KEYS[2], ...) end)
  at = upserts_at
  each(upserts * 2, 1000, function(...) redis.call('HSET', KEYS[2], ...) end)
  redis.call('HSET', KEYS[1], 'epoch', next_epoch, 'revision', next_revision, 'head', head, 'mac', mac,
    'reaches-back-to', next_epoch == epoch and newest[3] or next_revision)
  redis.call('HDEL', KEYS[1], 'restored')
end
at = documents_at
for index = 6, #KEYS do
  local aggregate, expected, drop = take(), take(), take()
  if drop == '1' then
    redis.call('HDEL', KEYS[4], aggregate)
    redis.call('DEL', KEYS[index])
    skip(2)
    skip(1)
  else
    local puts = tonumber(take())
    local puts_at = at
    at = at + puts * 2
    each(tonumber(take()), 1000, function(...) redis.call('HDEL', KEYS[index], ...) end)
    local next_at = at
    at = puts_at
    each(puts * 2, 1000, function(...) redis.call('HSET', KEYS[index], ...) end)
    at = next_at
    redis.call('HSET', KEYS[4], aggregate, string.format('%.0f', tonumber(expected) + 1))
  end
end
return { 'done' }
`;
