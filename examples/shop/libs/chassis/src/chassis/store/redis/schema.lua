-- The collections of a unit: their fields, indexes and unique fields, as all releases have
-- registered them. So whichever release writes a document, it is in the indexes of all.

local FORMAT = "1" -- of all keys of a unit

-- The keys of a unit, which all begin with its hash tag.
local function key(store, ...)
  return store:sub(1, -#"store" - 1) .. table.concat({ ... }, ":")
end

local function document_key(store, collection, id)
  return key(store, "doc", collection, id)
end

local function index_key(store, collection, index)
  return key(store, "index", collection, index)
end

local function unique_key(store, collection, unique)
  return key(store, "unique", collection, unique)
end

local function ids_key(store, collection)
  return key(store, "ids", collection)
end

-- Fail if the store was removed or replaced since its client has opened it.
local function check_store(store, id)
  if redis.call("HGET", store, "id") ~= id then
    error({ err = "STORELOST it was removed and replaced by another one" })
  end
end

local decoded = {} -- definitions by their JSON: they seldom change

-- Return the definition of a collection.
local function definition(store, collection)
  local text = redis.call("GET", key(store, "collection", collection))
  if not text then
    error({ err = "STORELOST the collection " .. collection .. " was removed" })
  end
  if not decoded[text] then
    local found = cjson.decode(text)
    local used = {} -- the fields of all indexes
    for _, group in ipairs({ found.indexes, found.unique }) do
      for _, index in pairs(group) do
        for _, part in ipairs(index.fields) do
          used[part.field] = true
        end
      end
    end
    found.indexed = {}
    for field in pairs(used) do
      table.insert(found.indexed, field)
    end
    decoded[text] = found
  end
  return decoded[text]
end

-- Return the value of a field, which is false for null.
local function value_of(field, name, values)
  local value = values[name]
  if value then
    return value
  end
  if field.default and not values[name .. ":null"] then
    return field.default -- it was written before there was this field
  end
  return false
end

-- Return the values of some fields of a document.
local function read_values(document, fields, names)
  local wanted = {}
  for _, name in ipairs(names) do
    table.insert(wanted, name)
    if fields[name].default then
      table.insert(wanted, name .. ":null")
    end
  end
  local values = {}
  if #wanted > 0 then
    for n, value in ipairs(redis.call("HMGET", document, unpack(wanted))) do
      values[wanted[n]] = value
    end
  end
  return values
end

-- Return the encoded value of a part of an index.
local function component(fields, part, values)
  local field = fields[part.field]
  local bytes = encoded(field.kind, value_of(field, part.field, values))
  return part.descending and inverted(bytes) or bytes
end

local function index_member(fields, index, values, id)
  local parts = {}
  for _, part in ipairs(index.fields) do
    table.insert(parts, component(fields, part, values))
  end
  return table.concat(parts) .. SEPARATOR .. id
end

-- Return the id in a member of an index: no id has a NUL.
local function member_id(member)
  return member:sub(#member - member:reverse():find(SEPARATOR, 1, true) + 2)
end

-- Return the values that no other document may have, or nil if one of them is null.
local function unique_value(fields, unique, values)
  local parts = {}
  for _, part in ipairs(unique.fields) do
    local bytes = component(fields, part, values)
    if bytes == NULL then
      return nil
    end
    table.insert(parts, bytes)
  end
  return table.concat(parts)
end

local function group_of(kind)
  return NUMBERS[kind] and "number" or kind == "json" and kind or "text"
end

-- Add what is new, and return whether there was something.
local function merge_fields(known, new)
  local changed = false
  for name, field in pairs(new) do
    if not known[name] then
      known[name] = field
      changed = true
    elseif group_of(known[name].kind) ~= group_of(field.kind) then
      local change = name .. " was " .. known[name].kind .. " and is " .. field.kind
      error({ err = "INCOMPATIBLE the field " .. change })
    end
  end
  return changed
end

local function merge_indexes(known, new, empty)
  local changed = false
  for name, index in pairs(new) do
    if not known[name] then
      index.ready = empty
      known[name] = index
      changed = true
    end
  end
  return changed
end

-- Register a collection; return its definition, and the id of the store, which may be new.
local function define(keys, args)
  local store, new_id, collection, text = keys[1], args[1], args[2], args[3]
  if redis.call("EXISTS", store) == 0 then
    redis.call("HSET", store, "id", new_id, "format", FORMAT, "generation", 1, "oldest", 1)
    redis.call("HSET", store, "position", 0, "pings", 0)
  end
  if redis.call("HGET", store, "format") ~= FORMAT then
    error({ err = "INCOMPATIBLE the store has another format than this release" })
  end
  local id = redis.call("HGET", store, "id")
  if collection == "" then
    return { id, "" }
  end
  local place = key(store, "collection", collection)
  local before = redis.call("GET", place)
  local known = before and cjson.decode(before) or { fields = {}, indexes = {}, unique = {} }
  local new = cjson.decode(text)
  local empty = redis.call("EXISTS", ids_key(store, collection)) == 0
  local changed = merge_fields(known.fields, new.fields)
  changed = merge_indexes(known.indexes, new.indexes, empty) or changed
  changed = merge_indexes(known.unique, new.unique, empty) or changed
  if changed or not before then
    before = cjson.encode(known)
    redis.call("SET", place, before)
  end
  return { id, before }
end

local function fill_indexes(store, collection, found, wanted, id)
  local values = read_values(document_key(store, collection, id), found.fields, found.indexed)
  for name, index in pairs(found.indexes) do
    if wanted[name] then
      local member = index_member(found.fields, index, values, id)
      redis.call("ZADD", index_key(store, collection, name), 0, member)
    end
  end
  for name, unique in pairs(found.unique) do
    local value = wanted[name] and unique_value(found.fields, unique, values)
    if value then
      local place = unique_key(store, collection, name)
      redis.call("HSETNX", place, value, id)
      if redis.call("HGET", place, value) ~= id then
        error({ err = "INCOMPATIBLE documents have the same values in " .. name })
      end
    end
  end
end

-- Add documents that were there before, from id `after` on, to indexes that are not ready.
-- Return the last id, or an empty text if there are no more. Then these indexes are ready.
local function fill(keys, args)
  local store, collection, after, limit = keys[1], args[2], args[3], args[4]
  check_store(store, args[1])
  local wanted = {}
  for n = 5, #args do
    wanted[args[n]] = true
  end
  local from = after == "" and "-" or "(" .. after
  local ids = redis.call("ZRANGEBYLEX", ids_key(store, collection), from, "+", "LIMIT", 0, limit)
  for _, id in ipairs(ids) do
    fill_indexes(store, collection, definition(store, collection), wanted, id)
  end
  if #ids == tonumber(limit) then
    return ids[#ids]
  end
  local place = key(store, "collection", collection)
  local ready = cjson.decode(redis.call("GET", place))
  for _, group in ipairs({ ready.indexes, ready.unique }) do
    for name, index in pairs(group) do
      index.ready = index.ready or wanted[name] or false
    end
  end
  redis.call("SET", place, cjson.encode(ready))
  return ""
end
