/**
 * All of the newest revision, as one reading.
 *
 * KEYS  revision (hash), items (hash)
 * ARGV  bytes that keys and items may have together
 * Returns {} for an empty store, else {epoch, revision, head, mac, {key, item, ...}}; what is missing is ''
 * Errors WRONGTYPE; TOOLARGE when there is more, before it is read
 */
export const READ = `
local newest = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'head', 'mac')
if not newest[1] then return {} end
local size = 0
for _, key in ipairs(redis.call('HKEYS', KEYS[2])) do
  size = size + #key + redis.call('HSTRLEN', KEYS[2], key)
  if size > tonumber(ARGV[1]) then return redis.error_reply('TOOLARGE the items have more than ' .. ARGV[1] .. ' bytes') end
end
return { newest[1], newest[2] or '', newest[3] or '', newest[4] or '', redis.call('HGETALL', KEYS[2]) }
`;
