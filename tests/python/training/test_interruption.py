import os
import signal
import threading

import pytest

from gwparam.training.interruption import Interruption

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
EVERY = pytest.mark.parametrize("sent", SIGNALS, ids=lambda sent: sent.name)


@pytest.fixture
def heard():
    """What the handlers that were there before heard, with one for every signal."""
    found = []
    before = {
        number: signal.signal(number, lambda n, frame: found.append(n))
        for number in SIGNALS
    }
    yield found
    for number, handler in before.items():
        signal.signal(number, handler)


def handlers():
    return [signal.getsignal(number) for number in SIGNALS]


def test_nobody_asked_to_stop_at_first(heard):
    with Interruption() as interruption:
        assert interruption.signal is None


@EVERY
def test_signal_asks_to_stop(heard, sent):
    with Interruption() as interruption:
        os.kill(os.getpid(), sent)

        assert interruption.signal is sent
    assert heard == []


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGUSR1])
def test_signal_that_comes_twice_is_heard_once(heard, sent):
    with Interruption() as interruption:
        os.kill(os.getpid(), sent)
        os.kill(os.getpid(), sent)

        assert interruption.signal is sent
    assert heard == []


def test_ctrl_c_after_another_signal_has_its_old_effect(heard):
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGINT)

        assert interruption.signal is signal.SIGUSR1
    assert heard == [signal.SIGINT]


@pytest.fixture
def _ctrl_c():
    """Interrupt at Ctrl-C, which a shell makes its background jobs ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_second_ctrl_c_interrupts():
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.signal is signal.SIGINT

        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_handlers_are_those_from_before_after_the_end(heard):
    before = handlers()

    with Interruption():
        assert handlers() != before

    assert handlers() == before


def test_handlers_are_those_from_before_after_an_error(heard):
    before = handlers()

    with pytest.raises(ZeroDivisionError), Interruption():
        _ = 1 / 0

    assert handlers() == before


def test_other_threads_do_not_listen(heard):
    before, found = handlers(), []

    def work():
        with Interruption() as interruption:
            found.append((handlers(), interruption.signal))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert found == [(before, None)]
