"""A binary frame format for a sensor board, its encoder, and a parser that survives a bad line.

=======  =====================  ==========================================================
bytes    field                  meaning
=======  =====================  ==========================================================
2        sync                   A5 5A
1        channels               1 to 16
1        samples                samples per channel, 1 to 255
4        sequence               number of the frame's first sample, modulo 2**32
3 n      payload                24-bit two's complement, sample by sample, channel by channel
4        checksum               CRC-32 of everything after the sync
=======  =====================  ==========================================================

All numbers are big-endian. A frame is believed only if its checksum fits, so a sync pattern inside the payload
does no harm.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np

__all__ = ["Frame", "FrameParser", "encode_frame", "fill_gap"]

SYNC = b"\xa5\x5a"
HEADER = struct.Struct(">2sBBI")
CHECKSUM = struct.Struct(">I")
MOST_CHANNELS, MOST_SAMPLES = 16, 255
LONGEST_GAP = 1_000_000  # samples; a quarter of an hour at 1 kHz
COUNTER = 2**32


@dataclass(frozen=True)
class Frame:
    """One frame that arrived whole.

    Parameters
    ----------
    sequence : int
        Number of its first sample.
    counts : numpy.ndarray (n_channels, n_samples), int32, counts
    lost : int
        Samples per channel missing between the frame before and this one.
    restarted : bool
        The board began to count anew before this frame: samples may be missing, and nobody knows how many.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> Frame(0, np.zeros((1, 32), dtype=np.int32), 0).counts.shape
    (1, 32)
    """

    sequence: int
    counts: np.ndarray
    lost: int
    restarted: bool = False


def encode_frame(counts, sequence):
    """Pack samples into one frame.

    Parameters
    ----------
    counts : array_like (n_channels, n_samples), int, counts
        Each within 24 bits.
    sequence : int
        Number of the first sample since the start.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the shape does not fit a frame or a value does not fit 24 bits.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> encode_frame([[1, -1]], sequence=0).hex(" ")
    'a5 5a 01 02 00 00 00 00 00 00 01 ff ff ff 00 1e 72 b6'
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or not (1 <= counts.shape[0] <= MOST_CHANNELS and 1 <= counts.shape[1] <= MOST_SAMPLES):
        raise ValueError(f"counts must have shape (1-{MOST_CHANNELS}, 1-{MOST_SAMPLES}), got {counts.shape}.")
    if not np.issubdtype(counts.dtype, np.integer) or counts.min() < -(2**23) or counts.max() >= 2**23:
        raise ValueError("counts must be whole numbers within 24 bits, -8388608 to 8388607.")
    wide = counts.T.astype(">i4").tobytes()
    payload = np.frombuffer(wide, dtype=np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    frame = HEADER.pack(SYNC, *counts.shape, sequence % COUNTER) + payload
    return frame + CHECKSUM.pack(zlib.crc32(frame[2:]))


def fill_gap(counts, lost, last):
    """Put something in the place of lost samples, so that time stays true: the last value, held.

    The filled samples are no measurement. Mark them, and keep them out of every average that matters.

    Parameters
    ----------
    counts : array_like (n_channels, n_samples), int, counts
        What came after the gap.
    lost : int
        Samples per channel that are missing before.
    last : array_like (n_channels, 1), int, counts
        The last value before the gap.

    Returns
    -------
    numpy.ndarray (n_channels, lost + n_samples), int, counts

    Raises
    ------
    ValueError
        If the gap is longer than a million samples: that is not a gap but another recording.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> fill_gap([[7, 8]], 2, [[5]])
    array([[5, 5, 7, 8]])
    """
    if lost > LONGEST_GAP:
        raise ValueError(
            f"The line lost {lost} samples at a stretch, more than the {LONGEST_GAP} that are bridged; "
            "check the board and start a new recording."
        )
    return np.concatenate([np.repeat(last, lost, axis=1), counts], axis=1)


class FrameParser:
    """Turns a stream of bytes back into frames, and counts what it could not.

    It may be started in the middle of a frame, fed any number of bytes at a time, and handed rubbish.

    Parameters
    ----------
    n_channels : int or None
        Frames with another number of channels are refused; None takes the number from the first good frame.

    Attributes
    ----------
    frames, samples_lost, checksum_errors, bytes_skipped, restarts : int
        What was accepted, what the sequence numbers say is missing, what was thrown away, and how often the board
        began to count anew.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> line = b"rubbish" + encode_frame([[1, 2]], 0) + encode_frame([[7, 8]], 4)      # samples 2 and 3 never came
    >>> parser = FrameParser()
    >>> [(f.counts.tolist(), f.lost) for f in parser.push(line)]
    [([[1, 2]], 0), ([[7, 8]], 2)]
    >>> parser.bytes_skipped, parser.samples_lost
    (7, 2)
    """

    def __init__(self, n_channels=None):
        self.n_channels = n_channels
        self.frames = self.samples_lost = self.checksum_errors = self.bytes_skipped = self.restarts = 0
        self._buffer = bytearray()
        self._expected = None

    def push(self, data):
        """Take the next bytes and return the frames they complete.

        Parameters
        ----------
        data : bytes
            Any number, including none.

        Returns
        -------
        list of Frame
            In order of arrival.

        Lesson
        ------
        05 Streaming

        Examples
        --------
        >>> parser = FrameParser()
        >>> frame = encode_frame([[5]], 0)
        >>> len(parser.push(frame[:4])), len(parser.push(frame[4:]))
        (0, 1)
        """
        self._buffer += data
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def _next(self):
        """The next good frame, or None when more bytes are needed."""
        while True:
            start = self._buffer.find(SYNC)
            if start < 0:
                # Keep a last byte that may be the first half of a sync.
                start = len(self._buffer) - self._buffer.endswith(SYNC[:1])
                self._skip(start)
                return None
            self._skip(start)
            if len(self._buffer) < HEADER.size:
                return None
            _, channels, samples, sequence = HEADER.unpack_from(self._buffer)
            if not self._plausible(channels, samples):
                self._skip(1)
                continue
            size = HEADER.size + 3 * channels * samples + CHECKSUM.size
            if len(self._buffer) < size:
                return None
            (checksum,) = CHECKSUM.unpack_from(self._buffer, size - CHECKSUM.size)
            if checksum != zlib.crc32(self._buffer[2 : size - CHECKSUM.size]):
                # Only the sync is passed over: a good frame may begin inside what this one claimed.
                self.checksum_errors += 1
                self._skip(1)
                continue
            payload = bytes(self._buffer[HEADER.size : size - CHECKSUM.size])
            del self._buffer[:size]
            return self._accept(channels, samples, sequence, payload)

    def _plausible(self, channels, samples):
        wanted = self.n_channels is None or channels == self.n_channels
        return wanted and 1 <= channels <= MOST_CHANNELS and samples >= 1

    def _skip(self, n):
        self.bytes_skipped += n
        del self._buffer[:n]

    def _accept(self, channels, samples, sequence, payload):
        self.n_channels = channels
        lost = 0 if self._expected is None else (sequence - self._expected) % COUNTER
        restarted = lost >= COUNTER // 2  # it went backwards: the board was restarted, not four billion samples lost
        if restarted:
            lost = 0
        self.restarts += restarted
        self._expected = (sequence + samples) % COUNTER
        self.frames += 1
        self.samples_lost += lost
        wide = np.zeros((channels * samples, 4), dtype=np.uint8)
        wide[:, :3] = np.frombuffer(payload, dtype=np.uint8).reshape(-1, 3)
        counts = (wide.view(">i4").ravel() >> 8).astype(np.int32)
        return Frame(sequence, counts.reshape(samples, channels).T.copy(), lost, restarted)
