/**
 * The newest entries of the history.
 *
 * KEYS  revision (hash), history (list)
 * ARGV  entries wanted, bytes they may have together
 * Returns {entry, ...}, newest first; fewer when there are fewer, or when more would be too large
 * Errors WRONGTYPE
 */
export const HISTORY = `
local entries, size = {}, 0
for index = 1, math.min(tonumber(ARGV[1]), redis.call('LLEN', KEYS[2])) do
  local entry = redis.call('LINDEX', KEYS[2], -index)
  size = size + #entry
  if size > tonumber(ARGV[2]) and index > 1 then break end
  entries[index] = entry
end
return entries
`;

/**
 * The entries after a revision.
 *
 * KEYS  revision (hash), history (list)
 * ARGV  epoch and revision they follow, bytes they may have together
 * Returns {'none'} when the history does not lead from there to the newest revision, or only over too many bytes; else
 *         {'found', entry, ...}, oldest first
 * Errors WRONGTYPE
 */
export const READ_SINCE = `
local newest = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'reaches-back-to')
if newest[1] ~= ARGV[1] then return { 'none' } end
local base = tonumber(ARGV[2])
local count = (tonumber(newest[2]) or 0) - base
if count < 0 or base < (tonumber(newest[3]) or math.huge) or count > redis.call('LLEN', KEYS[2]) then
  return { 'none' }
end
local entries, size = { 'found' }, 0
for index = count, 1, -1 do
  local entry = redis.call('LINDEX', KEYS[2], -index)
  size = size + #entry
  if size > tonumber(ARGV[3]) then return { 'none' } end
  entries[#entries + 1] = entry
end
return entries
`;
