"""The leaderboard: one table of methods for each mode, as Markdown and as a page of HTML."""

import html

import numpy as np

__all__ = ["leaderboard_html", "leaderboard_markdown", "leaderboard_rows"]

COLUMNS = (
    "rank", "method", "SNRimp, dB", "against highpass, dB", "PRD, %", "LSD, dB", "MDF error, Hz", "time, ms", "windows",
)  # fmt: skip
HEADINGS = {
    "blind": "Blind: the method gets the signal alone",
    "oracle": "Oracle: the method is told which contaminants act",
}
REFERENCES = ("identity", "zero")
READ_ME = (
    "SNRimp: improvement of the waveform SNR. Every average is over cells (subject, level, kinds of contaminant), each "
    "cell counting once; in brackets the 95 % bootstrap interval over subjects. “Against highpass”: mean of the "
    "differences on the windows that both have scored. “Time”: processor time for one window on one thread. "
    "“Windows”: scored of all; a method that gave up on some is averaged over the others, so compare it by the paired "
    "column. The rows identity (does nothing) and zero (returns silence) cost nothing: what does not beat both has not "
    "denoised."
)


def leaderboard_rows(overall, differences, mode):
    """Lay out the rows of one mode, best mean SNR improvement first.

    Parameters
    ----------
    overall : DataFrame
        What `emgtut.benchmark.summarise` gives, not split by anything.
    differences : DataFrame
        What `emgtut.benchmark.paired` gives for `snr_imp`.
    mode : {"blind", "oracle"}
        Which mode.

    Returns
    -------
    list of list of str
        Cells under the headings rank, method, SNRimp and so on. The two reference rows have no rank, nor has
        a method that was not scored on every window.

    Examples
    --------
    >>> import pandas as pd
    >>> common = {"mode": "blind", "low": 0.0, "high": 2.0, "micro": 1.0, "failed": 0, "undefined": 0, "windows": 9}
    >>> scores = ("snr_imp", "prd", "lsd", "rmse_mdf", "time_s")
    >>> overall = pd.DataFrame([{**common, "method": "m", "score": name, "macro": 1.0} for name in scores])
    >>> leaderboard_rows(overall, pd.DataFrame(columns=["method", "mode", "score"]), "blind")
    [['1', 'm', '1.00 [0.00, 2.00]', '', '1.0', '1.00', '1.0', '1000', '9 of 9']]

    Lesson
    ------
    19 Showdown
    """
    part = overall[overall["mode"] == mode].set_index(["method", "score"])
    methods = list(dict.fromkeys(part.index.get_level_values("method")))
    key = {name: part.loc[(name, "snr_imp"), "macro"] for name in methods}
    ranked = sorted(methods, key=lambda name: -np.inf if np.isnan(key[name]) else key[name], reverse=True)
    rows, rank = [], 0
    for name in ranked:
        imp = part.loc[(name, "snr_imp")]
        every = int(imp["windows"] + imp["failed"] + imp["undefined"])
        # An average over the windows that a method picked for itself has no place beside averages over all of them.
        counts = name not in REFERENCES and int(imp["windows"]) == every
        rank += counts
        gap = differences[(differences["method"] == name) & (differences["mode"] == mode)]
        gap = gap[gap["score"] == "snr_imp"]
        seconds = part.loc[(name, "time_s"), "macro"]
        rows.append(
            [
                str(rank) if counts else "",
                name,
                _with_interval(imp),
                _with_interval(gap.iloc[0]) if len(gap) else "",
                _number(part.loc[(name, "prd"), "macro"], 1),
                _number(part.loc[(name, "lsd"), "macro"], 2),
                _number(part.loc[(name, "rmse_mdf"), "macro"], 1),
                "" if np.isnan(seconds) else _digits(1000 * seconds),
                f"{int(imp['windows'])} of {every}",
            ]
        )
    return rows


def leaderboard_markdown(title, overall, differences, failures, told):
    """Write the leaderboard as Markdown.

    Parameters
    ----------
    title : str
        Heading.
    overall, differences : DataFrame
        As for `leaderboard_rows`.
    failures : list of str
        Sentences about what gave up, and why.
    told : dict
        Provenance.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> import pandas as pd
    >>> nothing = pd.DataFrame(columns=["method", "mode", "score", "macro"])
    >>> print(leaderboard_markdown("Nothing yet", nothing, nothing, [], {"seed": 1}).splitlines()[0])
    # Nothing yet

    Lesson
    ------
    19 Showdown
    """
    lines = [f"# {title}", "", READ_ME, ""]
    for mode in dict.fromkeys(overall["mode"]):
        lines += [f"## {HEADINGS[mode]}", "", _pipe(COLUMNS), _pipe(["---"] * len(COLUMNS))]
        lines += [_pipe(row) for row in leaderboard_rows(overall, differences, mode)] + [""]
    lines += ["## What gave up", ""] + [f"- {line}" for line in failures or ["Nothing: every window has its scores."]]
    lines += ["", "## Where this is from", ""] + [f"- {name}: {value}" for name, value in told.items()]
    return "\n".join(lines) + "\n"


def leaderboard_html(title, overall, differences, failures, told, pictures=()):
    """Write the leaderboard as one page of HTML.

    Parameters
    ----------
    title, overall, differences, failures, told
        As for `leaderboard_markdown`.
    pictures : sequence of (str, str)
        File name, beside the page, and what the picture shows.

    Returns
    -------
    str
        The page.

    Examples
    --------
    >>> import pandas as pd
    >>> nothing = pd.DataFrame(columns=["method", "mode", "score", "macro"])
    >>> "<h1>A &lt; B</h1>" in leaderboard_html("A < B", nothing, nothing, [], {})
    True

    Lesson
    ------
    19 Showdown
    """
    safe = html.escape
    parts = [f"<h1>{safe(title)}</h1>", f"<p>{safe(READ_ME)}</p>"]
    for mode in dict.fromkeys(overall["mode"]):
        rows = [COLUMNS, *leaderboard_rows(overall, differences, mode)]
        head, *body = ("".join(f"<{tag}>{safe(cell)}</{tag}>" for cell in row) for tag, row in _tagged(rows))
        parts += [f"<h2>{safe(HEADINGS[mode])}</h2>", f"<table><thead><tr>{head}</tr></thead><tbody>"]
        parts += [f"<tr>{row}</tr>" for row in body] + ["</tbody></table>"]
    parts += [f'<figure><img src="{safe(file)}" alt="{safe(what)}"></figure>' for file, what in pictures]
    told_failures = failures or ["Nothing: every window has its scores."]
    parts += ["<h2>What gave up</h2>", "<ul>", *(f"<li>{safe(line)}</li>" for line in told_failures), "</ul>"]
    parts += ["<h2>Where this is from</h2>", "<ul>"]
    parts += [f"<li>{safe(name)}: {safe(str(value))}</li>" for name, value in told.items()] + ["</ul>"]
    style = (
        "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;display:block;overflow-x:auto}"
        "th,td{padding:.25rem .6rem;border-bottom:1px solid #ccc;text-align:left;white-space:nowrap}"
        "img{max-width:100%}figure{margin:1rem 0}"
    )
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{safe(title)}</title>'
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{style}</style></head>\n<body>\n{body}\n</body></html>\n'
    )


def _tagged(rows):
    return [("th" if number == 0 else "td", row) for number, row in enumerate(rows)]


def _with_interval(row):
    if np.isnan(row["macro"]):
        return "–"
    if np.isnan(row["low"]):
        return _number(row["macro"], 2)
    return f"{_number(row['macro'], 2)} [{_number(row['low'], 2)}, {_number(row['high'], 2)}]"


def _number(value, decimals):
    if np.isnan(value):
        return "–"
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}".replace("-", "−")


def _digits(value):
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"


def _pipe(cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
