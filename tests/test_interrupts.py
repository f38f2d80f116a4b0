"""Ctrl-C held back, and whose Ctrl-C it is."""

import signal

from fastopt.interrupts import interrupts_held


def test_another_handler_of_ctrl_c_is_left_alone():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with interrupts_held() as interrupted:
            signal.raise_signal(signal.SIGINT)
            assert not interrupted()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]
