"""A board on a serial line, and a virtual one that needs no hardware: the same bytes, the same code to read them."""

import os
import threading
import time

import numpy as np

from emgtut.acquire.frames import MOST_SAMPLES, FrameParser, encode_frame
from emgtut.signals import check_fs

__all__ = ["SerialBoard", "VirtualBoard"]

READ_BYTES = 4096


class SerialBoard:
    """Reads frames from a serial port until told to stop.

    Parameters
    ----------
    port : str
        ``/dev/ttyUSB0``, ``COM3`` or the port of a :class:`VirtualBoard`.
    baud : int, bit per second
    timeout_s : float, second
        How long a read waits before it returns with what there is.

    Attributes
    ----------
    parser : FrameParser
        Holds the counts of what was lost.

    Raises
    ------
    ValueError
        If the port cannot be opened.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> with VirtualBoard(np.arange(320)[None], fs=1000, speed=20, repeat=False) as virtual:
    ...     with SerialBoard(virtual.port) as board:
    ...         virtual.start()
    ...         frames = [frame for frame, _ in zip(board.frames(), range(10))]
    >>> sum(frame.counts.shape[1] for frame in frames), board.parser.samples_lost
    (320, 0)
    """

    def __init__(self, port, *, baud=115200, timeout_s=0.05):
        import serial

        try:
            self._serial = serial.Serial(str(port), baud, timeout=timeout_s)
        except (serial.SerialException, ValueError, OSError) as error:
            raise ValueError(f"The port {port} cannot be opened ({error}); check the cable and the name.") from error
        self.parser = FrameParser()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Give the port back."""
        self._serial.close()

    def poll(self):
        """Frames that the next bytes complete.

        Returns
        -------
        list of Frame
            Empty when no byte came within `timeout_s`, or none that ended a frame.

        Raises
        ------
        OSError
            If the board was unplugged.

        Lesson
        ------
        05 Streaming

        Examples
        --------
        >>> with VirtualBoard([[0]], fs=1000) as silent, SerialBoard(silent.port, timeout_s=0.01) as board:
        ...     board.poll()
        []
        """
        data = self._serial.read(max(1, min(READ_BYTES, self._serial.in_waiting)))
        return self.parser.push(data)

    def frames(self, *, idle_s=2.0):
        """Frames as they arrive.

        Parameters
        ----------
        idle_s : float, second
            Stop when no frame came for this long, or the board was unplugged: what came before is kept.

        Yields
        ------
        Frame

        Lesson
        ------
        05 Streaming

        Examples
        --------
        See :class:`SerialBoard`.
        """
        heard = time.monotonic()
        while time.monotonic() - heard < idle_s:
            try:
                found = self.poll()
            except OSError:
                return
            if found:
                heard = time.monotonic()
                yield from found


class VirtualBoard:
    """A board made of software: it sends a recording as frames through a pseudo-terminal, as fast as a real one would.

    Parameters
    ----------
    counts : array_like (n_channels, n_samples), int, counts
        What the converter would give.
    fs : float, hertz
        Samples per second and channel.
    samples_per_frame : int
    speed : float
        1 is real time; larger is faster.
    repeat : bool
        Start again at the end, with the numbers going on.
    loss, damage : float
        Probability that a frame is dropped, or that one of its bytes is changed.
    seed : int
        For loss and damage.

    Attributes
    ----------
    port : str
        Name to open, as one opens a real board.
    dropped, damaged : int
        Frames that were not sent, or sent with a wrong byte.

    Raises
    ------
    ValueError
        If the settings make no frame, or the system has no pseudo-terminals (Windows).

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> with VirtualBoard(np.zeros((2, 100), dtype=int), fs=1000) as board:
    ...     isinstance(board.port, str)
    True
    """

    def __init__(
        self, counts, *, fs, samples_per_frame=32, speed=1.0, repeat=True, loss=0.0, damage=0.0, seed=0
    ):  # fmt: skip
        self.counts, self.fs = np.atleast_2d(np.asarray(counts)), check_fs(fs)
        if not 1 <= samples_per_frame <= MOST_SAMPLES or self.counts.shape[-1] < 1:
            raise ValueError(f"samples_per_frame must lie between 1 and {MOST_SAMPLES}, and counts must not be empty.")
        if not speed > 0 or not 0 <= loss <= 1 or not 0 <= damage <= 1:
            raise ValueError("speed must be positive; loss and damage are probabilities from 0 to 1.")
        encode_frame(self.counts[:, :1], 0)  # says now, not in the thread, if the counts do not fit a frame
        if not hasattr(os, "openpty"):
            raise ValueError("A virtual board needs pseudo-terminals, which this system lacks; use a real board.")
        self.samples_per_frame, self.speed, self.repeat = samples_per_frame, speed, repeat
        self.loss, self.damage, self._rng = loss, damage, np.random.default_rng(seed)
        self.dropped = self.damaged = 0
        self._stop = threading.Event()

    def __enter__(self):
        import tty

        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # before anyone writes: a terminal would otherwise translate line ends
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._send, daemon=True)
        return self

    def start(self):
        """Begin to send. Open the port first: opening throws away what came before, as with a real board."""
        self._thread.start()

    def __exit__(self, *_):
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _send(self):
        started, sent = time.monotonic(), 0
        for frame in self._frames():
            sent += self.samples_per_frame
            if frame is not None and not self._write(frame):
                return
            due = started + sent / (self.fs * self.speed)
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return

    def _frames(self):
        """Encoded frames; None stands for one that the line swallowed."""
        n, start = self.counts.shape[-1], 0
        while self.repeat or start < n:
            stop = start + self.samples_per_frame if self.repeat else min(start + self.samples_per_frame, n)
            frame = bytearray(encode_frame(self.counts[:, np.arange(start, stop) % n], start))
            start = stop
            if self._rng.random() < self.loss:
                self.dropped += 1
                yield None
                continue
            if self._rng.random() < self.damage:
                self.damaged += 1
                frame[self._rng.integers(len(frame))] ^= int(self._rng.integers(1, 256))
            yield bytes(frame)

    def _write(self, frame):
        """Write all bytes, waiting while the reader is slow; False when asked to stop."""
        while frame:
            try:
                frame = frame[os.write(self._master, frame) :]
            except BlockingIOError:
                if self._stop.wait(0.001):
                    return False
        return True
