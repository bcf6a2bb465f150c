"""A Python module whose clock is wrong: `python -m chaos.clocked SECONDS MODULE [ARGUMENT]...`."""

import runpy
import sys
import time


def main() -> None:
    """Run the module as if it were called by itself on a host whose clock is so much ahead, or behind where it is less than 0."""
    ahead, module = float(sys.argv[1]), sys.argv[2]
    right = time.time
    time.time = lambda: right() + ahead
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
