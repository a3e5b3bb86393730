-- What is read in one step: at most so many documents that the server is never busy for long.

-- Return which results of messages are recorded: the message, then its result.
local function handled(keys, args)
  check_store(keys[1], args[1])
  local found = {}
  for n = 2, #args do
    local result = handled_result(keys[1], args[n])
    if result then
      table.insert(found, args[n])
      table.insert(found, result)
    end
  end
  return found
end

-- Return the timers that are due: the id, then the data.
local function due(keys, args)
  check_store(keys[1], args[1])
  local timers, data = key(keys[1], "timers"), key(keys[1], "timers", "data")
  local found = {}
  local ids = redis.call("ZRANGEBYSCORE", timers, "-inf", args[2], "LIMIT", 0, args[3])
  for _, id in ipairs(ids) do
    table.insert(found, id)
    table.insert(found, redis.call("HGET", data, id))
  end
  return found
end

local function take_query(args)
  local take, take_list, _ = reader(args, 2)
  local query = {
    collection = take(),
    count = take() == "count",
    limit = tonumber(take()),
    scan = tonumber(take()),
    index = take(),
    from = take(), -- the member of the index where the last step has ended
    worst = take(), -- the sort key of the last document that is still wanted
    where = {},
    sort = {},
  }
  for n = 1, tonumber(take()) do
    local condition = { field = take(), operator = take(), null = take() == "1", values = {} }
    for m = 1, tonumber(take()) do
      condition.values[m] = take()
    end
    query.where[n] = condition
  end
  for n, sort in ipairs(take_list(2)) do
    query.sort[n] = { field = sort[1], descending = sort[2] == "desc" }
  end
  query.after = take_list(2) -- the values; the id is the last of them
  return query
end

-- Return a value of a query, which is a pair of "value" and the value, or of "null" and "".
local function given(pair)
  return pair[1] == "value" and pair[2]
end

-- Encode the ends of a set. Its other values are compared as texts, which only decimals have
-- several of.
local function encode_set(condition, kind)
  local values, set = condition.values, {}
  condition.least = encoded(kind, not condition.null and values[1])
  condition.greatest = encoded(kind, values[#values])
  for _, value in ipairs(values) do
    set[kind == "decimal" and encoded(kind, value) or value] = true
  end
  condition.set = set
end

-- Encode the values of a query.
local function encode_query(query, fields)
  query.equal = {}
  for _, condition in ipairs(query.where) do
    local kind = fields[condition.field].kind
    local operator = condition.operator
    local values = condition.values -- sorted
    if operator == "in" then
      encode_set(condition, kind)
    elseif operator == "prefix" then
      condition.bytes = VALUE .. escaped(values[1])
    else
      condition.bytes = encoded(kind, values[1])
      if operator == "=" then
        query.equal[condition.field] = condition.bytes
      end
    end
  end
  query.after_parts = {}
  for n, sort in ipairs(query.sort) do
    if query.after[n] then
      local bytes = encoded(fields[sort.field].kind, given(query.after[n]))
      query.after_parts[n] = sort.descending and inverted(bytes) or bytes
    end
  end
  query.after_id = query.after[#query.sort + 1] and query.after[#query.sort + 1][2]
end

-- Return whether a value of a kind suits a condition.
local function suits(condition, kind, value)
  local operator, bound = condition.operator, condition.bytes
  if operator == "in" and not value then
    return condition.null
  elseif operator == "in" and kind ~= "decimal" then
    return condition.set[value] == true
  end
  local bytes = encoded(kind, value)
  if operator == "in" then
    return condition.set[bytes] == true
  elseif operator == "=" then
    return bytes == bound
  elseif operator == "prefix" then
    return bytes:sub(1, #bound) == bound
  elseif operator == "<" then
    return precedes(bytes, bound)
  elseif operator == "<=" then
    return not precedes(bound, bytes)
  elseif operator == ">" then
    return precedes(bound, bytes)
  end
  return not precedes(bytes, bound)
end

