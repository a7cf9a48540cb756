"""Tests that sound in real time: a machine that withheld its cores once is not taken for a fault of the program."""

import functools

TAKES = 3


def repeated_when_starved(test):
    """Run a test up to three times: what the program does wrong it does wrong every time.

    Two underruns were seen where a training and another worker of the tests wanted the same two cores.
    """

    @functools.wraps(test)
    def takes(*arguments, **fixtures):
        for _ in range(TAKES - 1):
            try:
                return test(*arguments, **fixtures)
            except AssertionError as error:
                print(f"taken again: {error}")
        return test(*arguments, **fixtures)

    return takes
