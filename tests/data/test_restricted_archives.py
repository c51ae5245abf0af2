"""Archives of Python objects are read, and nothing in them runs."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from emgtut.data import load
from emgtut.data.readers.object_npz import load_objects


def entry(number, **changes):
    rng = np.random.default_rng(number)
    clean = rng.standard_normal(2000).astype(np.float32)
    return {
        "segment_id": "DB2_1_ch3_t0_seg0", "dataset": "DB2", "clean": clean, "noisy": clean + np.float32(1),
        "scale": 2e-5,
        "snr": -5, "k": 2, "noise_types": "PLI+WGN", "noise_paths": "a.npy|b.npy", "wgn_capped": False, **changes,
    }  # fmt: skip


def object_array(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def hostile(path, program):
    """Write an archive whose `data` is a pickle made by hand."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.npy", header.getvalue() + program)


def test_what_numpy_writes_comes_back(tmp_path):
    items = [entry(0), entry(1, scale=np.float64(3e-5), snr=np.int64(10), extra=["a", (1, None, b"\xff")])]
    np.savez(tmp_path / "a.npz", data=object_array(items), plain=np.arange(3))
    found = load_objects(tmp_path / "a.npz")
    assert found["plain"].tolist() == [0, 1, 2]
    for got, given in zip(found["data"], items, strict=True):
        assert got.keys() == given.keys()
        assert got["clean"].dtype == np.float32
        assert np.array_equal(got["clean"], given["clean"])
        assert {k: v for k, v in got.items() if k not in ("clean", "noisy")} == {
            k: v for k, v in given.items() if k not in ("clean", "noisy")
        }


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_protocol(tmp_path, protocol, order):
    array = np.asarray(np.arange(6.0).reshape(2, 3), order=order)
    hostile(tmp_path / "a.npz", pickle.dumps(object_array([{"x": array, "n": 2**70, "s": "ü"}]), protocol=protocol))
    (got,) = load_objects(tmp_path / "a.npz")["data"]
    assert np.array_equal(got["x"], array)
    assert (got["n"], got["s"]) == (2**70, "ü")


class Evil:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("function", "args"),
    [(os.system, ("touch {flag}",)), (eval, ("open('{flag}', 'w')",)), (open, ("{flag}", "w")), (os.mkdir, ("{flag}",)),
     (np.save, ("{flag}.npy", 1)), (np.ndarray, ((2,),)), (getattr, ("", "join")), (pickle.loads, (b"N.",))],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_malicious_archive_is_refused_and_runs_nothing(tmp_path, function, args):
    flag = tmp_path / "flag"
    args = tuple(a.replace("{flag}", str(flag)) if isinstance(a, str) else a for a in args)
    np.savez(tmp_path / "a.npz", data=object_array([{"clean": Evil(function, *args)}]))
    with pytest.raises(ValueError, match=r"is refused: it (asks for|uses)"):
        load_objects(tmp_path / "a.npz")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz"]


def test_the_same_archive_does_run_where_pickles_are_allowed(tmp_path):
    """The attack is real: NumPy's own reader runs it when told to."""
    np.savez(tmp_path / "a.npz", data=object_array([{"clean": Evil(os.mkdir, str(tmp_path / "flag"))}]))
    np.load(tmp_path / "a.npz", allow_pickle=True)["data"]
    assert (tmp_path / "flag").is_dir()


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy.core.multiarray\n_reconstruct\n}(X\x05\x00\x00\x00stateK\x01ub.",  # BUILD on a function
        b"cnumpy.core.multiarray\n_reconstruct\n.",  # a bare function as the result
        b"cnumpy.core.multiarray\n_reconstruct\n(tR.",  # an array that is never filled
        b"Pplace\n.",  # a persistent reference
        b"\x82\x01.",  # an extension code
        b"]q\x00h\x00a.",  # a list that holds itself
        b"(lp0\n" + b"(lp1\n" * 2000 + b"a" * 2000 + b".",  # very deep
        b"N.",  # nothing
        b"garbage",
        b"",
    ],
)
def test_pickles_made_by_hand(tmp_path, program):
    hostile(tmp_path / "a.npz", program)
    with pytest.raises(ValueError, match=r"a\.npz is (refused|not a readable)"):
        load_objects(tmp_path / "a.npz")


def test_sizes_that_do_not_fit(tmp_path):
    good = pickle.dumps(object_array([np.arange(4, dtype=np.float64)]), protocol=2)
    assert good.count(b"K\x04\x85") == 1  # the inner shape (4,)
    for shape in (b"K\x05\x85", b"K\x00\x85", b"J\xff\xff\xff\x7f\x85", b"J\xff\xff\xff\xff\x85"):
        hostile(tmp_path / "a.npz", good.replace(b"K\x04\x85", shape))
        with pytest.raises(ValueError, match="is refused: it has an array"):
            load_objects(tmp_path / "a.npz")


def test_many_references_to_one_container_stay_small(tmp_path):
    value = []
    for _ in range(40):
        value = [value, value]
    hostile(tmp_path / "a.npz", pickle.dumps(object_array([value])))
    assert len(load_objects(tmp_path / "a.npz")["data"][0]) == 2


def test_a_huge_part_is_refused_before_it_is_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", data=np.zeros(1_000_000))
    with pytest.raises(ValueError, match=r"is refused: its part data\.npy has 8000128 bytes"):
        load_objects(tmp_path / "a.npz", largest_bytes=1_000_000)


def test_the_evaluation_package_of_cleansemg(tmp_path):
    (tmp_path / "cleansemg").mkdir()
    items = [entry(0), entry(1, snr=10, k=1)]
    np.savez(tmp_path / "cleansemg" / "test_combined.npz", data=object_array(items))
    noisy = load("cleansemg", "test_combined/noisy", root=tmp_path)
    clean = load("cleansemg", "test_combined/clean", root=tmp_path)
    assert noisy.signal.shape == (2, 2000)
    assert noisy.fs == 1000
    assert np.allclose(noisy.signal - clean.signal, 1, atol=1e-6)
    assert noisy.labels["snr_db"].tolist() == [-5, 10]
    assert noisy.labels["segment_id"].tolist() == ["DB2_1_ch3_t0_seg0"] * 2  # names repeat there
    assert noisy.labels["scale"].tolist() == [2e-5, 2e-5]
    del items[1]["scale"]
    np.savez(tmp_path / "cleansemg" / "test_combined.npz", data=object_array(items))
    with pytest.raises(ValueError, match="segments without scale"):
        load("cleansemg", "test_combined/noisy", root=tmp_path)
