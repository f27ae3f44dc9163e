"""`python -m tests.crash`."""

from tests.crash.run import main

main()
