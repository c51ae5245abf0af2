"""Where the work is done: processes of this machine, or a Dask cluster. Both are executors, so one loop serves both."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import threading

__all__ = ["executor"]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@contextlib.contextmanager
def executor(jobs, cluster=None):
    """Give an executor and the number of blocks that it can work on at a time.

    Parameters
    ----------
    jobs : int
        Processes of this machine, each with one thread; not used with a cluster.
    cluster : str, optional
        Address of a Dask scheduler. Its workers need `emgtut`, and no data: cases are sent to them.

    Yields
    ------
    executor : concurrent.futures.Executor
        Where to submit.
    width : int
        How many blocks run at once.
    """
    if cluster is None:
        with _one_thread_each(), _processes(jobs) as pool:
            yield pool, jobs
        return
    from distributed import Client

    try:
        client = Client(cluster, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"No Dask scheduler answers at {cluster!r}: start one, and give its address.") from error
    with client:
        width = sum(client.nthreads().values())
        if not width:
            raise ValueError(f"The Dask scheduler at {cluster!r} has no workers: start some with `dask worker`.")
        yield client.get_executor(pure=False), width


@contextlib.contextmanager
def _processes(jobs):
    """A pool whose unstarted work is dropped on an error, and whose workers end when this process is killed."""
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent():
    parent = multiprocessing.parent_process()

    def watch():
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _one_thread_each():
    """Processes started inside take one thread for linear algebra; they read this when they import NumPy."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
