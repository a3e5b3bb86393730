-- How documents are found: an index is chosen, and a part of it is read.

local ALL = "*" -- the name of the index of all ids
local NO_FIELDS = { fields = {} }

-- Narrow a range of encoded values, from `range.from` to before `range.to`, to an operator.
local function narrow(range, operator, bytes, descending)
  bytes = descending and inverted(bytes) or bytes
  local from, to
  local with_it = operator == "<=" or operator == ">="
  if operator == "prefix" then
    from, to = bytes, bytes .. LAST .. LAST
  elseif (operator == ">" or operator == ">=") ~= descending then
    from = with_it and bytes or bytes .. LAST
  else
    to = with_it and bytes .. LAST or bytes
  end
  if from and precedes(range.from, from) then
    range.from = from
  end
  if to and (not range.to or precedes(to, range.to)) then
    range.to = to
  end
end

-- Return whether a part of an index, after equal values, is in the order of the sort.
local function is_ordered(query, index, start)
  local wanted = {}
  for n, sort in ipairs(query.sort) do
    local bytes = query.equal[sort.field]
    if not bytes then
      table.insert(wanted, sort)
    elseif query.after_parts[n] then
      bytes = sort.descending and inverted(bytes) or bytes
      if query.after_parts[n] ~= bytes then
        return false
      end
    end
  end
  local place = 0
  for n = start, #index.fields do
    local part = index.fields[n]
    if not query.equal[part.field] then
      place = place + 1
      local sort = wanted[place]
      if not sort or sort.field ~= part.field or sort.descending ~= part.descending then
        return false
      end
    end
  end
  return place == #wanted
end

-- Return the member of an index after which an ordered query continues.
local function member_after(query, index)
  local after = {}
  for n, sort in ipairs(query.sort) do
    after[sort.field] = query.after_parts[n]
  end
  local parts = {}
  for _, part in ipairs(index.fields) do
    local bytes = query.equal[part.field]
    if bytes then
      bytes = part.descending and inverted(bytes) or bytes
    end
    table.insert(parts, bytes or after[part.field])
  end
  return index == NO_FIELDS and query.after_id or table.concat(parts) .. SEPARATOR .. query.after_id
end

-- Return how a query would use an index.
local function plan_of(query, name, index)
  local used, prefix, equal = {}, "", 0
  local part = index.fields[1]
  while part and query.equal[part.field] do
    local bytes = query.equal[part.field]
    prefix = prefix .. (part.descending and inverted(bytes) or bytes)
    used[part.field] = true
    equal = equal + 1
    part = index.fields[equal + 1]
  end
  local plan = { name = name, index = index, range = { from = "" }, residual = {} }
  for _, condition in ipairs(query.where) do
    local operator = condition.operator
    if part and condition.field == part.field and condition.least then
      narrow(plan.range, ">=", condition.least, part.descending)
      narrow(plan.range, "<=", condition.greatest, part.descending)
    elseif part and condition.field == part.field and operator ~= "in" then
      narrow(plan.range, operator, condition.bytes, part.descending)
    end
    local served = part and condition.field == part.field and operator ~= "in"
    local same = operator == "=" and query.equal[condition.field] == condition.bytes
    if not (served or (used[condition.field] and same)) then
      table.insert(plan.residual, condition)
    end
  end
  plan.ordered = is_ordered(query, index, equal + 1)
  plan.from = prefix .. plan.range.from
  plan.from = plan.from == "" and "-" or "[" .. plan.from
  if plan.ordered and query.after_id then
    local after = member_after(query, index)
    if not precedes(after, prefix .. plan.range.from) then
      plan.from = "(" .. after
    end
  end
  local to = plan.range.to and prefix .. plan.range.to or prefix ~= "" and prefix .. LAST
  plan.to = to and "(" .. to or "+"
  return plan
end

-- Return the key of the index that a plan reads.
local function place_of(store, query, plan)
  if plan.index == NO_FIELDS then
    return ids_key(store, query.collection)
  end
  return index_key(store, query.collection, plan.name)
end

-- Return how many entries a plan probably reads, if `most` documents may match.
local function cost_of(query, plan, most)
  local exact = #plan.residual == 0
  if query.count and exact and (plan.ordered or not query.after_id) then
    return 0
  elseif query.count or not plan.ordered or most == 0 then
    return plan.size
  elseif exact then
    return math.min(plan.size, query.limit)
  end
  return plan.size * math.min(1, query.limit / most)
end

-- Return the best plan, or the one with the index that earlier steps have used.
local function choose(store, query, found)
  if query.index == ALL then
    return plan_of(query, ALL, NO_FIELDS)
  elseif query.index ~= "" then
    return plan_of(query, query.index, found.indexes[query.index])
  end
  local plans = { plan_of(query, ALL, NO_FIELDS) }
  for name, index in pairs(found.indexes) do
    if index.ready then
      table.insert(plans, plan_of(query, name, index))
    end
  end
  local most = math.huge
  for _, plan in ipairs(plans) do
    plan.size = redis.call("ZLEXCOUNT", place_of(store, query, plan), plan.from, plan.to)
    most = math.min(most, plan.size)
  end
  local best, least
  for _, plan in ipairs(plans) do
    local cost = cost_of(query, plan, most)
    local better = not best or cost < least or (cost == least and plan.ordered and not best.ordered)
    if better then
      best, least = plan, cost
    end
  end
  return best
end

-- Return the key that a document is sorted by.
local function sort_key(query, found, values, id)
  return index_member(found.fields, { fields = query.sort }, values, id)
end

local function is_found(plan, found, values)
  for _, condition in ipairs(plan.residual) do
    local name = condition.field
    local field = found.fields[name]
    if not suits(condition, field.kind, value_of(field, name, values)) then
      return false
    end
  end
  return true
end

-- Return the next members of the index, and the last one if there may be more.
local function members_of(query, plan, place)
  local from = query.from == "" and plan.from or "(" .. query.from
  local scan = query.scan
  if plan.ordered and #plan.residual == 0 then
    scan = math.min(scan, query.limit)
  end
  local members = redis.call("ZRANGEBYLEX", place, from, plan.to, "LIMIT", 0, scan)
  return members, #members == scan and members[#members] or ""
end

-- Return the fields that must be read of each document.
local function needed_fields(query, plan)
  local needed = {}
  for _, condition in ipairs(plan.residual) do
    table.insert(needed, condition.field)
  end
  if not plan.ordered then
    for _, sort in ipairs(query.sort) do
      table.insert(needed, sort.field)
    end
  end
  return needed
end

-- Return the sort key, the id and the place of each document that is found.
local function hits_of(store, query, plan, found, members)
  local needed = needed_fields(query, plan)
  local after = not plan.ordered
    and query.after_id
    and table.concat(query.after_parts) .. SEPARATOR .. query.after_id
  local hits = {}
  for _, member in ipairs(members) do
    local id = plan.index == NO_FIELDS and member or member_id(member)
    local document = document_key(store, query.collection, id)
    local values = read_values(document, found.fields, needed)
    if is_found(plan, found, values) then
      local sorted_by = plan.ordered and "" or sort_key(query, found, values, id)
      local wanted = not after or precedes(after, sorted_by)
      if wanted and (query.worst == "" or precedes(sorted_by, query.worst)) then
        table.insert(hits, { sorted_by, id, document })
      end
    end
    if plan.ordered and #hits == query.limit then
      break
    end
  end
  return hits
end

-- Return the documents of one step: in the order of the index, or the first ones of those read.
local function find(keys, args)
  local store = keys[1]
  check_store(store, args[1])
  local query = take_query(args)
  local found = definition(store, query.collection)
  encode_query(query, found.fields)
  local plan = choose(store, query, found)
  local place = place_of(store, query, plan)
  local ordered = plan.ordered and 1 or 0
  if query.count and #plan.residual == 0 and (plan.ordered or not query.after_id) then
    local count = redis.call("ZLEXCOUNT", place, plan.from, plan.to)
    return { plan.name, "", ordered, math.min(count, query.limit), {} }
  end
  local members, following = members_of(query, plan, place)
  local hits = hits_of(store, query, plan, found, members)
  local documents = {}
  if not query.count then
    if not plan.ordered then
      table.sort(hits, function(left, right)
        return precedes(left[1], right[1])
      end)
    end
    for n = 1, math.min(#hits, query.limit) do
      local sorted_by, id, document = unpack(hits[n])
      table.insert(documents, { sorted_by, id, redis.call("HGETALL", document) })
    end
  end
  return { plan.name, following, ordered, #hits, documents }
end
