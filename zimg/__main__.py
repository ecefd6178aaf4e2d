"""``python -m zimg``: the command ``zimg``."""

from zimg.cli import main

if __name__ == "__main__":
    main()
