"""Two networks that read an SNR off a signal without its clean reference: QASE-net, and the hand-made one before it.

This file needs torch; `emgtut.assess.qasenet` imports it when a prediction is asked for.
"""

from torch import nn

from emgtut.assess.waveform_length import N_WINDOWS

__all__ = ["QaseNet", "Wldnn"]


class QaseNet(nn.Module):
    """Convolutions, a bidirectional LSTM, self-attention, a mean over time and a small head: SNR in dB.

    Two strided convolutions make one step of 32 samples. The mean over the steps comes before the head, so that the
    network gives one number for a window of any length from 72 samples up; the published windows have 10,000 samples at
    1 kHz. 129,041 parameters.

    Parameters
    ----------
    None

    References
    ----------
    QASENet2024

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> from emgtut.learn import count_parameters
    >>> net = QaseNet()
    >>> count_parameters(net)
    129041
    >>> import torch
    >>> net.eval()(torch.zeros(2, 2000)).shape
    torch.Size([2])
    """

    def __init__(self):
        super().__init__()
        self.front = nn.Sequential(
            nn.Conv1d(1, 16, kernel_size=16, stride=8),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Conv1d(16, 32, kernel_size=8, stride=4),
            nn.BatchNorm1d(32),
            nn.ReLU(),
        )
        self.recurrent = nn.LSTM(32, 64, batch_first=True, bidirectional=True)
        self.attention = nn.MultiheadAttention(128, 4, batch_first=True)
        self.head = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1))

    def describe(self, x):
        """Mean attention output over time, shape (n_windows, 128), of windows `x`: what the head reads."""
        steps = self.front(x[:, None]).transpose(1, 2)
        steps, _ = self.recurrent(steps)
        attended, _ = self.attention(steps, steps, steps, need_weights=False)
        return attended.mean(dim=1)

    def forward(self, x):
        """Predict the SNR in dB, shape (n_windows,), of windows, shape (n_windows, n_samples)."""
        return self.head(self.describe(x))[:, 0]


class Wldnn(nn.Module):
    """The hand-crafted way: waveform lengths of 50 pieces of a window, and three small layers. 1,461 parameters.

    Parameters
    ----------
    None

    References
    ----------
    QASENet2024

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> from emgtut.learn import count_parameters
    >>> count_parameters(Wldnn())
    1461
    """

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(N_WINDOWS, 20), nn.Sigmoid(), nn.Linear(20, 20), nn.Sigmoid(), nn.Linear(20, 1)
        )

    def forward(self, features):
        """Predict the SNR in dB, shape (n_windows,), from standardised features, shape (n_windows, 50)."""
        return self.layers(features)[:, 0]
