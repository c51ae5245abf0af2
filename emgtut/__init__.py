"""emgtut: a muscle signal walks through five rooms - acquire, contaminate, denoise, assess, apply."""

__version__ = "0.1.0"
