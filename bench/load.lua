-- Requests for wrk from a file (request-plan.ts), and its figures as one line of JSON. Arguments: FILE TURN.
-- wrk's Lua shares the load generator's core: whatever can be is put together before the first request.

local function use_alone(text)
  -- Without a function named request wrk sends the same bytes over and over, which is cheapest.
  wrk.method, wrk.path = text:match("^(%S+) (%S+)")
  for name, value in text:gmatch("\r\n([^:\r]+): ([^\r]*)") do wrk.headers[name] = value end
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  local requests, tails = {}, {}
  for each in text:gmatch("[^\f]+") do
    local head, tail = each:match("^(.-){n}(.*)$")
    requests[#requests + 1] = head or each
    tails[#requests] = tail or false
  end
  local count = #requests
  if count == 1 and not tails[1] then return use_alone(requests[1]) end
  local asked, at, turn = 0, 0, args[2] .. "-"
  request = function()
    asked = asked + 1
    at = at % count + 1
    local tail = tails[at]
    return tail and requests[at] .. turn .. asked .. tail or requests[at]
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"p999":%d,"slowest":%d,"bytes":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    latency:percentile(99.9), latency.max, summary.bytes,
    e.connect + e.read + e.write + e.status + e.timeout))
end
