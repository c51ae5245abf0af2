"""Virtual board and serial reader, end to end through a pseudo-terminal."""

import numpy as np
import pytest

from emgtut.acquire.board import SerialBoard, VirtualBoard


def receive(virtual, n_samples, idle_s=0.3):
    with SerialBoard(virtual.port) as board:
        virtual.start()
        frames, got = [], 0
        for frame in board.frames(idle_s=idle_s):
            frames.append(frame)
            got += frame.counts.shape[1]
            if got >= n_samples:
                break
    return frames, board.parser


@pytest.fixture
def counts(rng):
    return rng.integers(-(2**23), 2**23, (2, 4000))


def test_every_sample_arrives_as_it_was_sent(counts):
    with VirtualBoard(counts, fs=1000, speed=50, repeat=False) as virtual:
        frames, parser = receive(virtual, 4000)
    assert np.array_equal(np.concatenate([f.counts for f in frames], axis=1), counts)
    assert (parser.samples_lost, parser.checksum_errors, parser.bytes_skipped) == (0, 0, 0)


def test_a_bad_line_loses_samples_but_never_invents_them(counts):
    with VirtualBoard(counts, fs=1000, speed=50, repeat=False, loss=0.1, damage=0.1, seed=3) as virtual:
        frames, parser = receive(virtual, 10**9)
        assert virtual.dropped > 3
        assert virtual.damaged > 3
    for frame in frames:
        assert np.array_equal(frame.counts, counts[:, frame.sequence : frame.sequence + frame.counts.shape[1]])
    assert len(frames) == 125 - virtual.dropped - virtual.damaged
    assert parser.bytes_skipped > 0


def test_a_repeating_board_goes_on_counting(counts):
    with VirtualBoard(counts[:, :100], fs=1000, speed=50) as virtual:
        frames, parser = receive(virtual, 500)
    joined = np.concatenate([f.counts for f in frames], axis=1)
    assert np.array_equal(joined[:, 100:200], counts[:, :100])
    assert parser.samples_lost == 0


def test_real_time_is_kept(counts):
    import time

    with VirtualBoard(counts, fs=1000, speed=10, repeat=False) as virtual:
        began = time.monotonic()
        receive(virtual, 4000)
        assert 0.3 < time.monotonic() - began < 3


@pytest.mark.parametrize("setting", [{"fs": 0}, {"speed": 0}, {"loss": 2}, {"samples_per_frame": 256}])
def test_bad_settings_are_refused(setting):
    with pytest.raises(ValueError):
        VirtualBoard(np.zeros((1, 10), dtype=int), **({"fs": 1000} | setting))


def test_counts_that_fit_no_frame_are_refused_before_anything_starts():
    with pytest.raises(ValueError, match="24 bits"):
        VirtualBoard(np.full((1, 10), 2**24), fs=1000)


def test_a_port_that_is_not_there_is_one_sentence():
    with pytest.raises(ValueError, match="cannot be opened"):
        SerialBoard("/dev/no-such-board")
