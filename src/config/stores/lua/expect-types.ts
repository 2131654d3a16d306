/**
 * Redis does not undo what a script did before it failed, so a script that writes looks first. The beginning of such
 * scripts: KEYS[i] must hold a value of type kinds[i], or nothing. Otherwise the error `WRONGTYPE {key} is a {type}`.
 */
export function expectTypes(...kinds: string[]): string {
  return `
local kinds = { ${kinds.map((kind) => `'${kind}'`).join(', ')} }
for index, key in ipairs(KEYS) do
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= (kinds[index] or kinds[#kinds]) then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found)
  end
end
`;
}
