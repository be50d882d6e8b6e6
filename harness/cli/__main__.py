"""`python -m harness.cli`: the `harness` command where no script is on PATH."""

from harness.cli import main

main()
