-- Field values as bytes whose order is the order of the values.
--
-- Redis compares the members of a sorted set as bytes. So a member is the encoded values of the
-- fields of an index and, last, the id of the document. Lua itself compares texts by the locale.

local NULL, VALUE = "\1", "\2" -- null comes before all values
local NUL, END = "\0\255", "\0\1" -- a NUL within a value, and the end of the value
local SEPARATOR = "\0" -- before the id
local LAST = "\255" -- follows all bytes of UTF-8
local NUMBERS = { integer = true, number = true, decimal = true }

local complements -- made when it is needed: there is no `string` while a library is loaded

-- Return `bytes` in the opposite order.
local function inverted(bytes)
  if not complements then
    complements = {}
    for byte = 0, 255 do
      complements[string.char(byte)] = string.char(255 - byte)
    end
  end
  return (bytes:gsub(".", complements))
end

-- Return an exponent: its sign and length, and its digits.
local function encoded_exponent(exponent)
  local digits = string.format("%.0f", math.abs(exponent))
  if exponent >= 0 then
    return string.char(128 + #digits) .. digits
  end
  return inverted(string.char(128 + #digits) .. digits)
end

-- Return the exact number that `text` is, e.g. "-1.50" or "15E-1": sign, exponent, digits.
local function encoded_number(text)
  local sign, whole, rest = text:match("^([+-]?)(%d*)(.*)$")
  local fraction, exponent = rest:match("^%.?(%d*)[eE]?([+-]?%d*)$")
  local digits = whole .. fraction
  local zeros = #digits:match("^0*")
  local last = #digits
  while last > zeros and digits:byte(last) == 48 do
    last = last - 1
  end
  if last == zeros then
    return "0"
  end
  local magnitude = encoded_exponent(#whole - zeros + (tonumber(exponent) or 0))
    .. digits:sub(zeros + 1, last)
  if sign == "-" then
    return "-" .. inverted(magnitude) .. LAST
  end
  return "1" .. magnitude
end

local function escaped(text)
  return (text:gsub("%z", NUL))
end

-- Return a value, which is false for null, so that it can be followed by others.
local function encoded(kind, value)
  if not value then
    return NULL
  end
  return VALUE .. escaped(NUMBERS[kind] and encoded_number(value) or value) .. END
end

-- Return whether `left` comes before `right`.
local function precedes(left, right)
  if left == right then
    return false
  end
  local length = math.min(#left, #right)
  for start = 1, length, 8 do
    local stop = math.min(start + 7, length)
    if left:sub(start, stop) ~= right:sub(start, stop) then
      for n = start, stop do
        local l, r = left:byte(n), right:byte(n)
        if l ~= r then
          return l < r
        end
      end
    end
  end
  return #left < #right
end
