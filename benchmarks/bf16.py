"""What bfloat16 costs or saves here: processor time of one training step with it, over one without.

    python benchmarks/bf16.py

On a processor with AVX-512 fcn and trustemg took 0.6 of the time. One without it imitates the arithmetic: fcn, trustemg
and tcn then took 7.6, 10.8 and 7.4 times as long. `emgtut train` drops it there.
"""

import time

import torch

from emgtut.denoise.training import TRAINABLE, WINDOW_S

STEPS = 4


def fastest_step(entry, model, windows, bf16):
    """Least processor time in seconds of a few steps."""
    taken = []
    for _ in range(STEPS):
        started = time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = entry.loss(model, (windows, windows))
        loss.backward()
        taken.append(time.process_time() - started)
    return min(taken)


def main():
    torch.set_num_threads(1)
    print(f"processor: {torch.backends.cpu.get_cpu_capability()}")
    for name, entry in TRAINABLE.items():
        model = entry.make(entry.width, seed=0)
        windows = torch.randn(entry.recipe.batch, round(1000 * WINDOW_S))
        plain, half = (fastest_step(entry, model, windows, bf16) for bf16 in (False, True))
        print(f"{name}: {plain:.3f} s without, ratio {half / plain:.2f}")


if __name__ == "__main__":
    main()
