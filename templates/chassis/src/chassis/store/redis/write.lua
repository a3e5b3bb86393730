-- What is written: batches of commits and other operations, each at most once.

local REMEMBERED = 86400 -- seconds that the outcome of the last batch of a writer is known

-- Return a function that takes the next argument, and one that takes a list of groups of them.
local function reader(args, start)
  local place = start - 1
  local function take()
    place = place + 1
    return args[place]
  end
  local function take_list(width)
    local list = {}
    for n = 1, tonumber(take()) do
      local group = {}
      for m = 1, width do
        group[m] = take()
      end
      list[n] = group
    end
    return list
  end
  local function more()
    return place < #args
  end
  return take, take_list, more
end

local function take_commit(take, take_list)
  local commit = { inbox = take_list(2), appends = {}, puts = {} }
  for n = 1, tonumber(take()) do
    commit.appends[n] = { stream = take(), expected = take(), events = take_list(3) }
  end
  commit.deletes = take_list(3) -- collection, id, expected
  for n = 1, tonumber(take()) do
    commit.puts[n] = {
      collection = take(),
      id = take(),
      expected = take(),
      version = take(),
      fields = take_list(2),
      nulls = take_list(1),
    }
  end
  commit.drop_timers = take_list(1)
  commit.set_timers = take_list(3) -- id, due, data
  commit.outbox = take_list(5)
  return commit
end

-- Return the recorded result of a message that was handled, or false.
local function handled_result(store, message)
  local first, last = unpack(redis.call("HMGET", store, "oldest", "generation"))
  for generation = tonumber(last), tonumber(first), -1 do
    local place = key(store, "inbox", string.format("%.0f", generation))
    local result = redis.call("HGET", place, message)
    if result then
      return result
    end
  end
  return false
end

-- Return what a document is changed from and to.
local function change_of(store, collection, id, expected, put)
  local found = definition(store, collection)
  local document = document_key(store, collection, id)
  local version = redis.call("HGET", document, "version") or "0"
  if version ~= expected then
    return nil
  end
  local change = { collection = collection, id = id, document = document, found = found, put = put }
  if version ~= "0" then
    change.before = read_values(document, found.fields, found.indexed)
  end
  if put then
    change.after = {}
    for name, value in pairs(change.before or {}) do
      change.after[name] = value -- also of fields that the writer does not have
    end
    for _, pair in ipairs(put.fields) do
      change.after[pair[1]] = pair[2]
      change.after[pair[1] .. ":null"] = nil
    end
    for _, name in ipairs(put.nulls) do
      change.after[name[1]] = nil
      change.after[name[1] .. ":null"] = "1"
    end
  end
  return change
end

-- Return the changes of all documents, or nil if a version is not the expected one.
local function changes_of(store, commit)
  local changes = {}
  for _, delete in ipairs(commit.deletes) do
    local collection, id, expected = unpack(delete)
    local change = expected ~= "0" and change_of(store, collection, id, expected)
    if not change then
      return nil
    end
    table.insert(changes, change)
  end
  for _, put in ipairs(commit.puts) do
    local change = change_of(store, put.collection, put.id, put.expected, put)
    if not change then
      return nil
    end
    table.insert(changes, change)
  end
  return changes
end

-- Note which unique values the changes release and claim.
-- Return the collection and the index of a value that another document has.
local function note_unique(store, changes)
  local released, claimed = {}, {}
  for _, change in ipairs(changes) do
    change.released, change.claimed = {}, {}
    for name, unique in pairs(change.found.unique) do
      local place, fields = unique_key(store, change.collection, name), change.found.fields
      local old = change.before and unique_value(fields, unique, change.before)
      local new = change.after and unique_value(fields, unique, change.after)
      if old and old ~= new then
        released[place .. SEPARATOR .. old] = change.id
        table.insert(change.released, { place, old })
      end
      if new and new ~= old then
        table.insert(change.claimed, { place, new, name })
      end
    end
  end
  for _, change in ipairs(changes) do
    for _, claim in ipairs(change.claimed) do
      local place, value, name = unpack(claim)
      local owner = redis.call("HGET", place, value)
      local taken = owner and owner ~= change.id and released[place .. SEPARATOR .. value] ~= owner
      if taken or claimed[place .. SEPARATOR .. value] then
        return change.collection, name
      end
      claimed[place .. SEPARATOR .. value] = true
    end
  end
end

local function write_document(store, change)
  local found, put = change.found, change.put
  for name, index in pairs(found.indexes) do
    local place, id = index_key(store, change.collection, name), change.id
    local old = change.before and index_member(found.fields, index, change.before, id)
    local new = change.after and index_member(found.fields, index, change.after, id)
    if old ~= new then
      if old then
        redis.call("ZREM", place, old)
      end
      if new then
        redis.call("ZADD", place, 0, new)
      end
    end
  end
  if not put then
    redis.call("UNLINK", change.document)
    redis.call("ZREM", ids_key(store, change.collection), change.id)
    return
  end
  local names, pairs_ = {}, { "version", put.version }
  for _, pair in ipairs(put.fields) do
    table.insert(pairs_, pair[1])
    table.insert(pairs_, pair[2])
    if found.fields[pair[1]].default then
      table.insert(names, pair[1] .. ":null")
    end
  end
  for _, name in ipairs(put.nulls) do
    table.insert(names, name[1])
    if found.fields[name[1]].default then
      table.insert(pairs_, name[1] .. ":null")
      table.insert(pairs_, "1")
    end
  end
  redis.call("HSET", change.document, unpack(pairs_))
  if change.before and #names > 0 then
    redis.call("HDEL", change.document, unpack(names))
  end
  if not change.before then
    redis.call("ZADD", ids_key(store, change.collection), 0, change.id)
  end
end

-- Put messages into the outbox; this comes first, because Redis refuses ids out of order.
local function send(store, messages)
  local position = tonumber(redis.call("HGET", store, "position"))
  for n, message in ipairs(messages) do
    local topic, subject, id, type_, data = unpack(message)
    redis.call(
      "XADD", key(store, "outbox"), string.format("%.0f-0", position + n),
      "topic", topic, "subject", subject, "id", id, "type", type_, "data", data
    )
  end
  if #messages > 0 then
    redis.call("HINCRBY", store, "position", #messages)
  end
end

-- Return why a commit is refused, or nothing, and the changes of its documents.
local function check(store, commit)
  local handled = { "handled" }
  for _, entry in ipairs(commit.inbox) do
    local result = handled_result(store, entry[1])
    if result then
      table.insert(handled, entry[1])
      table.insert(handled, result)
    end
  end
  if #handled > 1 then
    return handled
  end
  for _, append in ipairs(commit.appends) do
    if redis.call("XLEN", key(store, "events", append.stream)) ~= tonumber(append.expected) then
      return { "conflict" }
    end
  end
  local changes = changes_of(store, commit)
  if not changes then
    return { "conflict" }
  end
  local collection, name = note_unique(store, changes)
  if collection then
    return { "duplicate", collection, name }
  end
  return nil, changes
end

local function apply(store, commit, changes)
  send(store, commit.outbox)
  local generation = redis.call("HGET", store, "generation")
  for _, entry in ipairs(commit.inbox) do
    redis.call("HSET", key(store, "inbox", generation), entry[1], entry[2])
  end
  for _, append in ipairs(commit.appends) do
    local place = key(store, "events", append.stream)
    for n, event in ipairs(append.events) do
      local version = string.format("%.0f-0", append.expected + n)
      local id, type_, data = unpack(event)
      redis.call("XADD", place, version, "id", id, "type", type_, "data", data)
    end
    if #append.events > 0 then
      redis.call("ZADD", key(store, "streams"), 0, append.stream)
    end
  end
  for _, change in ipairs(changes) do
    for _, release in ipairs(change.released) do
      redis.call("HDEL", unpack(release))
    end
  end
  for _, change in ipairs(changes) do
    for _, claim in ipairs(change.claimed) do
      redis.call("HSET", claim[1], claim[2], change.id)
    end
    write_document(store, change)
  end
  for _, timer in ipairs(commit.drop_timers) do
    redis.call("ZREM", key(store, "timers"), timer[1])
    redis.call("HDEL", key(store, "timers", "data"), timer[1])
  end
  for _, timer in ipairs(commit.set_timers) do
    redis.call("ZADD", key(store, "timers"), timer[2], timer[1])
    redis.call("HSET", key(store, "timers", "data"), timer[1], timer[3])
  end
end

-- A refused commit has written nothing, because all that may fail comes before the first write.
local function commit_one(store, take, take_list)
  local commit = take_commit(take, take_list)
  local worked, refusal, changes = pcall(check, store, commit)
  if worked and not refusal then
    worked, refusal = pcall(apply, store, commit, changes)
  end
  if not worked then
    return { "error", type(refusal) == "table" and refusal.err or tostring(refusal) }
  end
  return refusal or { "done" }
end

local function published(store, take, take_list)
  for _, position in ipairs(take_list(1)) do
    redis.call("XDEL", key(store, "outbox"), position[1] .. "-0")
  end
  return { "done" }
end

-- Begin a generation of inbox entries, and remove those that are too old.
local function forget(store, take)
  local generations = tonumber(take())
  local current = redis.call("HINCRBY", store, "generation", 1)
  local oldest = tonumber(redis.call("HGET", store, "oldest"))
  while oldest < current - generations do
    redis.call("UNLINK", key(store, "inbox", string.format("%.0f", oldest)))
    oldest = oldest + 1
  end
  redis.call("HSET", store, "oldest", string.format("%.0f", oldest))
  return { "done" }
end

local OPERATIONS = { commit = commit_one, published = published, forget = forget }

-- Write the batch `number` of a writer, and return the outcome of each of its operations.
-- A batch that arrives again, because its writer has lost the answer, is not written again.
local function write(keys, args)
  local store, writer, number = keys[1], args[2], tonumber(args[3])
  check_store(store, args[1])
  local place = key(store, "writer", writer)
  local last, outcome = unpack(redis.call("HMGET", place, "number", "outcome"))
  if last and tonumber(last) == number then
    return cmsgpack.unpack(outcome)
  elseif last and tonumber(last) > number then
    error({ err = "STALE the writer has given up this batch" })
  end
  local outcomes = {}
  local take, take_list, more = reader(args, 4)
  while more() do
    table.insert(outcomes, OPERATIONS[take()](store, take, take_list))
  end
  redis.call("HSET", place, "number", args[3], "outcome", cmsgpack.pack(outcomes))
  redis.call("EXPIRE", place, REMEMBERED)
  return outcomes
end

local function ping(keys, args)
  check_store(keys[1], args[1])
  return redis.call("HINCRBY", keys[1], "pings", 1)
end
