/**
 * One aggregate with its version, as one reading.
 *
 * KEYS  documents (hash), the aggregate (hash)
 * ARGV  aggregate, bytes that its parts may have together
 * Returns {} when there is none, else {version, {name, content, ...}}
 * Errors WRONGTYPE; TOOLARGE when there is more, before it is read
 */
export const DOCUMENT = `
local version = redis.call('HGET', KEYS[1], ARGV[1])
if not version then return {} end
local size = 0
for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
  size = size + #name + redis.call('HSTRLEN', KEYS[2], name)
  if size > tonumber(ARGV[2]) then return redis.error_reply('TOOLARGE it has more than ' .. ARGV[2] .. ' bytes') end
end
return { version, redis.call('HGETALL', KEYS[2]) }
`;

/**
 * Names of aggregates.
 *
 * KEYS  documents (hash)
 * ARGV  prefix
 * Returns {aggregate, ...}, those that begin with the prefix, in no order
 * Errors WRONGTYPE
 */
export const DOCUMENTS = `
local names = {}
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(name, 1, #ARGV[1]) == ARGV[1] then names[#names + 1] = name end
end
return names
`;
