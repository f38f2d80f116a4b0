"""``python -m fastopt``: the same as the command ``fastopt``."""

from fastopt.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
