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
    query.where[n] = { field = take(), operator = take(), values = take_list(2) }
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

-- Encode the values of a query.
local function encode_query(query, fields)
  query.equal = {}
  for _, condition in ipairs(query.where) do
    local kind = fields[condition.field].kind
    local operator = condition.operator
    if operator == "in" then
      condition.set = {}
      for _, value in ipairs(condition.values) do
        local bytes = encoded(kind, given(value))
        condition.set[bytes] = true
        if not condition.least or precedes(bytes, condition.least) then
          condition.least = bytes
        end
        if not condition.greatest or precedes(condition.greatest, bytes) then
          condition.greatest = bytes
        end
      end
    elseif operator == "prefix" then
      condition.bytes = VALUE .. escaped(condition.values[1][2])
    else
      condition.bytes = encoded(kind, given(condition.values[1]))
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

-- Return whether a value suits a condition.
local function suits(condition, bytes)
  local operator, bound = condition.operator, condition.bytes
  if operator == "=" then
    return bytes == bound
  elseif operator == "in" then
    return condition.set[bytes] == true
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

