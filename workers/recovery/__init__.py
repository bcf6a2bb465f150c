"""Files and state brought into agreement again, after a loss of either."""
