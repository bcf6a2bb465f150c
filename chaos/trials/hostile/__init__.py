"""Promise 7: hostile replies of every kind, made by a script and served on raw sockets."""

from chaos.trials.hostile.run import trial

__all__ = ["trial"]
