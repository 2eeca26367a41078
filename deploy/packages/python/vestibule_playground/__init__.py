"""Runs `vestibule dev` from the binary in this package."""

import os
import sys
from pathlib import Path


def main() -> None:
    binary = str(Path(__file__).with_name("vestibule"))
    os.execv(binary, [binary, "dev", *sys.argv[1:]])
