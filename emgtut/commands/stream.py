"""`emgtut stream`: watch a board live, and record what it sends."""

import contextlib
import math
import signal
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands import options, staging

VIRTUAL_FS, VIRTUAL_S = 1000, 24  # the simulated board plays this much signal again and again
VIRTUAL_GAIN = 1000  # volt at the converter per volt at the electrode
SILENCE_S = 3.0  # no frame for this long: the board is gone, or speaks differently
POINT_S, POINTS = 0.2, 40  # how often the small curve of the envelope gets a point, and how many it shows
BAR = 24  # characters
BLOCKS = "▁▂▃▄▅▆▇█"
MAINS = {"50": 50.0, "60": 60.0, "off": None}


def stream(
    port: Annotated[
        str | None,
        typer.Option(
            "--port",
            help="Serial port of a board, such as /dev/ttyUSB0 or COM3. Before a person is connected to it, read the "
            "book's page on safety.",
        ),
    ] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="Simulate a board with two muscles.")] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", metavar="FILE", readable=False, help="Record the unfiltered samples: .hea (WFDB) or .csv."
        ),
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Stop after so much signal.")] = None,
    mains: Annotated[str, typer.Option("--mains", metavar="50|60|off", help="Notches for this mains, in Hz.")] = "50",
    track: Annotated[bool, typer.Option("--track", help="Let the notches follow the mains frequency.")] = False,
    band: Annotated[
        tuple[float, float], typer.Option("--band", metavar="LO HI", help="Band-pass of the display, in Hz.")
    ] = (20.0, 450.0),
    baud: Annotated[int, typer.Option("--baud", help="Speed of the serial port, in bits per second.")] = 115200,
    fs: Annotated[float | None, typer.Option("--fs", help="Sampling rate of the board in Hz; --port needs it.")] = None,
    mv_per_count: Annotated[
        float | None,
        typer.Option("--mv-per-count", help="Millivolts at the electrode per count; else the unit is arbitrary."),
    ] = None,
    loss: Annotated[
        float, typer.Option("--loss", help="Share of frames that the line of the simulated board loses.")
    ] = 0.0,
):
    """Watch a board live, and record what it sends. Ctrl-C ends.

    The display is band-passed, notched, rectified and averaged over 200 ms; the recording is not filtered at all.
    """
    _check_options(port, virtual, seconds, mains, baud, fs, mv_per_count, loss)
    with interruptible() as stop, contextlib.ExitStack() as stack:
        from emgtut.acquire.board import SerialBoard
        from emgtut.acquire.recorder import recording_files
        from emgtut.acquire.stream import Conditioner

        if record is not None:
            staging.check_targets(recording_files(record), inputs=[], force=True)
        settings = {"fs": VIRTUAL_FS if virtual else fs, "band_hz": band, "mains_hz": MAINS[mains], "track": track}
        Conditioner(1, **settings)  # refuses impossible settings before anything is opened
        if virtual:
            source, mv_per_count = simulated_board(mains_hz=MAINS[mains] or 50.0, loss=loss)
            port = stack.enter_context(source).port
        board = stack.enter_context(SerialBoard(port, baud=baud))
        session = stack.enter_context(Session(settings, record, seconds, mv_per_count, board.parser))
        if virtual:
            source.start()
        with screen_for(session) as refresh:
            trouble = watch(board, session, refresh, stop)
    session.report()
    if trouble:
        raise ValueError(f"{port}: {trouble}")


def _check_options(port, virtual, seconds, mains, baud, fs, mv_per_count, loss):
    """Refuse calls that make no sense."""
    if (port is None) != virtual:
        raise options.Misuse("Give either --port PORT for a board, or --virtual for a simulated one.")
    if virtual and (fs is not None or mv_per_count is not None):
        raise options.Misuse("--fs and --mv-per-count describe a board at a --port: leave them out with --virtual.")
    if not virtual and fs is None:
        raise options.Misuse("The frames of a board do not say its sampling rate: add --fs HZ.")
    if not virtual and loss:
        raise options.Misuse("--loss is for the simulated board: leave it out with --port.")
    if mains not in MAINS:
        raise options.Misuse(f"--mains is {mains!r}: give one of {', '.join(MAINS)}.")
    for name, value in {"--seconds": seconds, "--mv-per-count": mv_per_count, "--baud": baud}.items():
        if value is not None and not 0 < value < math.inf:
            raise options.Misuse(f"{name} is {value:g}: give a number above zero.")


@contextlib.contextmanager
def interruptible():
    """Turn Ctrl-C into a flag for the length of a block, so that files and ports are closed as usual.

    Yields
    ------
    threading.Event
        Set by the first Ctrl-C.

    Examples
    --------
    >>> with interruptible() as stop:
    ...     signal.raise_signal(signal.SIGINT)
    ...     stop.is_set()
    True

    Lesson
    ------
    Command line
    """
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def simulated_board(*, mains_hz, loss=0.0, seed=5):
    """Make a board with two muscles that contract in turn, hum, and the converter's noise and 1.5 V shift.

    Parameters
    ----------
    mains_hz : float
        Mains frequency in Hz.
    loss : float
        Share of frames that the line loses (dimensionless).
    seed : int
        For muscles and losses.

    Returns
    -------
    board : emgtut.acquire.board.VirtualBoard
        At 1 kHz, not yet started.
    mv_per_count : float
        Millivolts at the electrode per count.

    Examples
    --------
    >>> board, mv_per_count = simulated_board(mains_hz=50)
    >>> board.counts.shape, round(1e9 * mv_per_count)
    ((2, 24000), 596)

    Lesson
    ------
    05 Streaming
    """
    import numpy as np

    from emgtut.acquire import bursts, simulate
    from emgtut.acquire.board import VirtualBoard
    from emgtut.acquire.converter import ADS1256
    from emgtut.contaminate import power_line
    from emgtut.signals import resample

    rng, n = np.random.default_rng(seed), VIRTUAL_FS * VIRTUAL_S
    contracting = bursts(n, fs=VIRTUAL_FS, on_s=1.6, off_s=2.4, ramp_s=0.3)
    drives = [0.01 + 0.4 * np.roll(contracting, shift) for shift in (-VIRTUAL_FS, VIRTUAL_FS)]
    muscles = np.stack([simulate(drive, fs=VIRTUAL_FS, rng=rng).emg for drive in drives])
    electrode_mv = muscles + 0.05 * power_line(n, fs=VIRTUAL_FS, rng=rng, frequency_hz=mains_hz)
    adc = ADS1256(gain=1, data_rate=VIRTUAL_FS)
    analog_fs = 30 * VIRTUAL_FS
    volt = 1.5 + 1e-3 * VIRTUAL_GAIN * resample(electrode_mv, fs=VIRTUAL_FS, fs_out=analog_fs)
    counts = adc.sample(volt, fs=analog_fs, rng=rng)
    return VirtualBoard(counts, fs=VIRTUAL_FS, loss=loss, seed=seed), 1e3 * adc.lsb_volt / VIRTUAL_GAIN


class Session:
    """What has come from a board so far: fills gaps, records, conditions, and remembers what a screen shows.

    Parameters
    ----------
    settings : dict
        Settings of the `Conditioner`, `fs` in Hz included.
    record : path or None
        Where to record.
    seconds : float or None
        How much signal to take, in seconds.
    mv_per_count : float or None
        Millivolts per count; None leaves the counts as they are.
    parser : emgtut.acquire.frames.FrameParser
        Keeps count of what the line spoiled.

    Examples
    --------
    >>> from emgtut.acquire.frames import FrameParser, encode_frame
    >>> parser = FrameParser()
    >>> with Session({"fs": 1000}, None, 0.1, None, parser) as session:
    ...     for frame in parser.push(encode_frame([[1] * 80], 0) + encode_frame([[1] * 80], 80)):
    ...         session.take(frame)
    >>> session.n_samples, session.complete
    (100, True)

    Lesson
    ------
    05 Streaming
    """

    def __init__(self, settings, record, seconds, mv_per_count, parser):
        self.settings, self.record, self.parser = settings, record, parser
        self.fs, self.units = settings["fs"], "arbitrary" if mv_per_count is None else "mV"
        self.per_count = mv_per_count or 1.0
        self.limit = sys.maxsize if seconds is None else max(1, round(seconds * self.fs))
        self.n_samples = self.n_filled = 0
        self.channels, self.recorder, self._chain, self._last = [], None, None, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.recorder is not None:
            self.recorder.close()

    @property
    def complete(self):
        """Whether all the signal asked for has come."""
        return self.n_samples >= self.limit

    def take(self, frame):
        """Take one frame: the first one says how many channels there are."""
        from emgtut.acquire.frames import fill_gap

        if self._chain is None:
            self._begin(len(frame.counts))
        whole = fill_gap(frame.counts, frame.lost, self._last)[:, : self.limit - self.n_samples]
        lost = min(frame.lost, whole.shape[1])
        if not whole.shape[1]:
            return
        if self.recorder is not None:
            self.recorder.append(whole[:, lost:], lost=lost, restarted=frame.restarted)
        self._last = whole[:, -1:]
        self.n_filled += lost
        envelope = self._chain.push(whole * self.per_count).envelope
        points = envelope[:, self._point - 1 - self.n_samples % self._point :: self._point]
        self.n_samples += whole.shape[1]
        self.levels = envelope[:, -1].tolist()
        self.tops = [max(pair) for pair in zip(self.tops, self.levels, strict=True)]
        for curve, values in zip(self.curves, points.tolist(), strict=True):
            curve.extend(values)

    def _begin(self, n_channels):
        import numpy as np

        from emgtut.acquire.recorder import Recorder
        from emgtut.acquire.stream import Conditioner

        self.channels = [f"channel {i}" for i in range(n_channels)]
        self._chain = Conditioner(n_channels, **self.settings)
        self._last = np.zeros((n_channels, 1), dtype=np.int64)
        self._point = max(1, round(POINT_S * self.fs))
        self.levels, self.tops = [0.0] * n_channels, [0.0] * n_channels
        self.curves = [deque(maxlen=POINTS) for _ in range(n_channels)]
        if self.record is not None:
            self.recorder = Recorder(
                self.record, fs=self.fs, channels=self.channels, units=self.units, units_per_count=self.per_count
            )

    def troubles(self):
        """Say in one line what the line spoiled.

        Returns
        -------
        str
        """
        text = f"lost {self.n_filled} samples, {self.parser.checksum_errors} checksum errors"
        return text + (f", {self.parser.restarts} restarts" if self.parser.restarts else "")

    def levels_text(self):
        """Say in one line how strong each channel is.

        Returns
        -------
        str
        """
        unit = "" if self.units == "arbitrary" else f" {self.units}"
        pairs = zip(self.channels, self.levels, strict=True)
        return ", ".join(f"{name} {options.number(level, 3)}{unit}" for name, level in pairs)

    def report(self):
        """Print what came and where it is."""
        n = options.number
        if not self.channels:
            typer.echo("Nothing came.")
            return
        count = f"{len(self.channels)} channel{'s' if len(self.channels) > 1 else ''}"
        typer.echo(f"{count}, {n(self.n_samples / self.fs)} s at {n(self.fs, 6)} Hz, units {self.units}.")
        skipped = f"{self.parser.bytes_skipped} bytes skipped"
        typer.echo(f"{self.n_samples} samples a channel; {self.troubles()}, {skipped}.")
        if self.recorder is not None:
            typer.echo(f"Written: {self.recorder.path} (unfiltered)")
        if self.recorder is not None and self.recorder.gaps_path.exists():
            typer.echo(f"Written: {self.recorder.gaps_path} (where the last value was held in place of lost samples)")


def watch(board, session, refresh, stop):
    """Take frames until told to stop, until the signal asked for is there, or until the board falls silent.

    Parameters
    ----------
    board : emgtut.acquire.board.SerialBoard
        Where frames come from.
    session : Session
        Where they go.
    refresh : callable
        Called after each batch.
    stop : threading.Event
        Ends the watch.

    Returns
    -------
    str or None
        What went wrong with the board, as a sentence.

    Examples
    --------
    >>> from emgtut.acquire.frames import Frame
    >>> import numpy as np
    >>> class Unplugged:
    ...     def poll(self):
    ...         raise OSError
    >>> with Session({"fs": 1000}, None, 1.0, None, None) as session:
    ...     watch(Unplugged(), session, lambda: None, threading.Event())
    'the board was unplugged; what came before is kept.'

    Lesson
    ------
    05 Streaming
    """
    heard = time.monotonic()
    while not (stop.is_set() or session.complete):
        try:
            frames = board.poll()
        except OSError:
            return "the board was unplugged; what came before is kept."
        for frame in frames:
            session.take(frame)
        if frames:
            heard = time.monotonic()
            refresh()
        elif time.monotonic() - heard > SILENCE_S:
            if session.parser.bytes_skipped:
                return f"bytes came but no frame for {SILENCE_S:g} s; check --baud, and what the board sends."
            return f"nothing came for {SILENCE_S:g} s; check that the board is switched on and sends."
    return None


@contextlib.contextmanager
def screen_for(session):
    """Show the session: a live view in a terminal, one line a second anywhere else.

    Parameters
    ----------
    session : Session
        What to show.

    Yields
    ------
    callable
        To be called whenever something has come.

    Examples
    --------
    >>> from emgtut.acquire.frames import Frame
    >>> import numpy as np
    >>> with Session({"fs": 1000}, None, None, None, None) as session, screen_for(session) as refresh:
    ...     refresh()

    Lesson
    ------
    Command line
    """
    if sys.stdout.isatty():
        from rich.live import Live

        with Live(auto_refresh=False) as live:
            yield lambda: live.update(view(session), refresh=True)
        return
    told = 0

    def line():
        nonlocal told
        while session.n_samples >= (told + 1) * session.fs:
            told += 1
            typer.echo(f"{told:4d} s  {session.levels_text()}; {session.troubles()}")

    yield line


def view(session):
    """Draw the live view.

    Parameters
    ----------
    session : Session
        What to show.

    Returns
    -------
    rich.console.Group
        A row for each channel, and a line on the state of the line.

    Examples
    --------
    >>> from emgtut.acquire.frames import Frame, FrameParser
    >>> import numpy as np, rich
    >>> with Session({"fs": 1000}, None, None, None, FrameParser()) as session:
    ...     session.take(Frame(0, np.zeros((1, 200), dtype=int), 0))
    >>> rich.print(view(session))
    channel 0                            0   ▁
    0.2 s   lost 0 samples, 0 checksum errors   Ctrl-C ends

    Lesson
    ------
    Command line
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    unit = "" if session.units == "arbitrary" else f" {session.units}"
    for name, level, top, curve in zip(session.channels, session.levels, session.tops, session.curves, strict=True):
        share = level / top if top else 0.0
        shown = f"{options.number(level, 3)}{unit}"
        table.add_row(name, Text(bar(share), style="cyan"), Text(f"{shown:>10}"), Text(sparkline(curve, top)))
    state = f"{session.n_samples / session.fs:.1f} s   {session.troubles()}"
    recording = f"   recording to {session.record}" if session.record else ""
    return Group(table, Text(f"{state}{recording}   Ctrl-C ends"))


def bar(share, width=BAR):
    """Draw a level as a bar of characters.

    Parameters
    ----------
    share : float
        Level over the highest one so far (dimensionless); more than 1 is drawn as 1.
    width : int
        Characters of a full bar.

    Returns
    -------
    str

    Examples
    --------
    >>> bar(0.5, width=8), bar(1.7, width=8)
    ('━━━━    ', '━━━━━━━━')

    Lesson
    ------
    Command line
    """
    return ("━" * round(width * min(share, 1.0))).ljust(width)


def sparkline(values, top):
    """Draw numbers as a line of block characters.

    Parameters
    ----------
    values : sequence of float
        Zero or more, any unit.
    top : float
        What fills a whole block, in the same unit.

    Returns
    -------
    str

    Examples
    --------
    >>> sparkline([0, 1, 2, 4], top=4)
    '▁▃▅█'

    Lesson
    ------
    Command line
    """
    last = len(BLOCKS) - 1
    return "".join(BLOCKS[min(last, round(last * value / top)) if top else 0] for value in values)
