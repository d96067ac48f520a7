-- Asks Keyward whether the key of a request may pass, with HAProxy's own HTTP client (2.5 and later); nothing else is needed.
-- As an action of http-request it takes the path to ask, and sets txn.keyward_status and, for a key that passes, what the
-- application is told.
local keyward = "http://127.0.0.1:8400"

local told = { "user", "user-id", "key", "key-id", "groups" }

core.register_action("keyward", { "http-req" }, function(txn, path)
  local asked = txn.http:req_get_headers()
  local headers = {
    -- The address that HAProxy itself has seen, whatever the client wrote there.
    ["x-forwarded-for"] = { txn.f:src() },
  }
  -- Keyward is asked with all that was sent, so that it refuses what is ambiguous.
  for place, value in pairs(asked["authorization"] or {}) do
    headers["authorization"] = headers["authorization"] or {}
    headers["authorization"][place + 1] = value
  end
  local answer = core.httpclient():get({ url = keyward .. path, headers = headers, timeout = 5000 })
  -- Without an answer the status is 0, and nothing passes.
  txn:set_var("txn.keyward_status", answer and answer.status or 0)
  for _, name in ipairs(told) do
    local value = answer and answer.headers and answer.headers["x-keyward-" .. name]
    txn:set_var("txn.keyward_" .. name:gsub("-", "_"), value and value[0] or "")
  end
end, 1)
