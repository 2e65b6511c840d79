-- Paths for wrk, and its figures as one line of JSON. Arguments: one PATH | cycle PREFIX COUNT | new PREFIX

function init(args)
  local kind, prefix, count = args[1], args[2], tonumber(args[3] or "0")
  -- Without a function named request wrk sends the same bytes over and over, which is cheapest.
  if kind == "one" then return end
  local asked = 0
  request = function()
    asked = asked + 1
    return wrk.format("GET", prefix .. (kind == "cycle" and asked % count or asked))
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
