-- The functions of the library. Their names are unique in a server, so they have its version.

local function register(name, callback, flags)
  redis.register_function({
    function_name = name .. "_" .. VERSION,
    callback = callback,
    flags = flags or {},
  })
end

register("define", define)
register("fill", fill)
register("write", write)
register("ping", ping)
register("find", find, { "no-writes" })
register("handled", handled, { "no-writes" })
register("due", due, { "no-writes" })
