"""All that is kept in Redis or Valkey: a module each, and the Lua scripts that change it whole.

Whatever must hold together is changed by one script; the present time is passed in. Times are unix
seconds. No other room names a key.
"""
