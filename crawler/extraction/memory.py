"""Whether an error says that memory ran out, in Python or in the parser written in C."""

from lxml.etree import ErrorTypes


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether it does; the parser tells it in its log, under an error of some other kind."""
    entries = getattr(error, "error_log", None) or ()
    return isinstance(error, MemoryError) or any(
        entry.type == ErrorTypes.ERR_NO_MEMORY for entry in entries
    )
