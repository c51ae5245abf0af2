"""The frame format and its parser on good, broken and hostile lines."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.acquire.frames import LONGEST_GAP, FrameParser, encode_frame, fill_gap


def stream(rng, n_frames, n_channels=2, n_samples=32):
    """Random counts as (n_channels, total) and the frames that carry them."""
    counts = rng.integers(-(2**23), 2**23, (n_channels, n_frames * n_samples))
    parts = np.split(counts, n_frames, axis=1)
    return counts, [encode_frame(part, i * n_samples) for i, part in enumerate(parts)]


def samples_of(frames):
    return np.concatenate([f.counts for f in frames], axis=1)


def test_layout_by_hand():
    body = struct.pack(">BBI", 1, 1, 7) + b"\x80\x00\x00"
    assert encode_frame([[-(2**23)]], 7) == b"\xa5\x5a" + body + struct.pack(">I", zlib.crc32(body))


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=40), seed=st.integers(0, 2**16))
def test_any_cutting_of_the_line_gives_the_same_samples(cuts, seed):
    counts, frames = stream(np.random.default_rng(seed), 6)
    line, parser, found, at, i = b"".join(frames), FrameParser(), [], 0, 0
    while at < len(line):
        step = cuts[i % len(cuts)]
        found += parser.push(line[at : at + step])
        at, i = at + step, i + 1
    assert np.array_equal(samples_of(found), counts)
    assert (parser.bytes_skipped, parser.samples_lost, parser.checksum_errors) == (0, 0, 0)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**16), start=st.integers(1, 204))
def test_starting_in_the_middle_of_a_frame_loses_only_that_frame(seed, start):
    counts, frames = stream(np.random.default_rng(seed), 4)
    parser = FrameParser(n_channels=2)
    found = parser.push(b"".join(frames)[start:])
    assert np.array_equal(samples_of(found), counts[:, 32:])


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**16), at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_one_flipped_bit_costs_one_frame_and_is_counted(seed, at, bit):
    counts, frames = stream(np.random.default_rng(seed), 5)
    line = bytearray(b"".join(frames))
    size = len(frames[0])
    at = size + at % (2 * size)  # within the second or third frame
    line[at] ^= 1 << bit
    parser = FrameParser(n_channels=2)
    found = parser.push(bytes(line) + frames[0] * 40)[:4]
    hurt = at // size
    kept = [i for i in range(5) if i != hurt]
    assert np.array_equal(samples_of(found), np.concatenate([counts[:, 32 * i : 32 * i + 32] for i in kept], axis=1))
    assert sum(f.lost for f in found) == 32
    assert parser.bytes_skipped >= size


def test_lost_frames_are_counted_across_the_counter_s_end():
    parser = FrameParser()
    frames = parser.push(encode_frame([[1, 2]], 2**32 - 2) + encode_frame([[3]], 5))
    assert [f.lost for f in frames] == [0, 5]


def test_a_restarted_board_is_not_four_billion_lost_samples():
    parser = FrameParser()
    frames = parser.push(encode_frame([[1]], 1000) + encode_frame([[1]], 0) + encode_frame([[1]], 1))
    assert parser.samples_lost == 0
    assert [f.restarted for f in frames] == [False, True, False]
    assert parser.restarts == 1


def test_a_gap_is_filled_by_holding_each_channel():
    filled = fill_gap([[7, 8], [-1, -2]], 3, [[5], [6]])
    assert filled.tolist() == [[5, 5, 5, 7, 8], [6, 6, 6, -1, -2]]
    assert fill_gap([[7]], 0, [[5]]).tolist() == [[7]]


def test_a_gap_of_hours_is_refused_before_memory_runs_out():
    with pytest.raises(ValueError, match="new recording"):
        fill_gap([[7]], LONGEST_GAP + 1, [[5]])


def test_a_million_random_bytes_give_no_sample(rng):
    parser = FrameParser()
    noise = rng.integers(0, 256, 1_200_000, dtype=np.uint8).tobytes()
    found = [f for i in range(0, len(noise), 997) for f in parser.push(noise[i : i + 997])]
    assert found == []
    assert parser.checksum_errors > 0, "the fuzz never reached the checksum, so it proved nothing"
    assert parser.bytes_skipped > 1_190_000


def test_a_million_bytes_of_damaged_line_give_only_true_samples(rng):
    counts, frames = stream(rng, 6000, n_channels=1, n_samples=60)
    line = bytearray()
    for frame in frames:
        fate = rng.random()
        if fate < 0.05:
            continue  # lost
        if fate < 0.10:
            frame = frame[: rng.integers(1, len(frame))]  # cut short
        if fate > 0.9:
            frame = bytearray(frame)
            frame[rng.integers(len(frame))] ^= int(rng.integers(1, 256))  # one damaged byte
        if fate > 0.97:
            line += rng.integers(0, 256, 50, dtype=np.uint8).tobytes()  # rubbish between frames
        line += frame
    assert len(line) > 1_000_000
    parser = FrameParser()
    found = [f for i in range(0, len(line), 4096) for f in parser.push(bytes(line[i : i + 4096]))]
    for frame in found:
        assert np.array_equal(frame.counts, counts[:, frame.sequence : frame.sequence + 60])
    got = sum(f.counts.shape[1] for f in found)
    last = found[-1].sequence + 60
    assert parser.samples_lost == last - found[0].sequence - got
    assert got > 0.75 * counts.shape[1]


def test_the_buffer_stays_bounded(rng):
    parser = FrameParser()
    for _ in range(50):
        parser.push(b"\xa5\x5a\x10\xff" + rng.integers(0, 256, 40_000, dtype=np.uint8).tobytes())
        assert len(parser._buffer) < 13_000


@pytest.mark.parametrize(
    "counts", [[[2**23]], [[-(2**23) - 1]], [[0.5]], [1, 2], [[]], np.zeros((17, 1), int), np.zeros((1, 256), int)]
)
def test_what_does_not_fit_a_frame_is_refused(counts):
    with pytest.raises(ValueError, match="counts must"):
        encode_frame(counts, 0)
