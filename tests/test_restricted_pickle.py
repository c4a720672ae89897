"""Pickles of arrays are read; whatever else a pickle could do is refused."""

from __future__ import annotations

import contextlib
import pickle
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from handhold.errors import InputError
from handhold.restricted_pickle import load_restricted, load_restricted_npy

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "thing.pkl"
    path.write_bytes(content)
    return path


def loaded(tmp_path: Path, content: bytes, **options: Any) -> Any:
    return load_restricted(written(tmp_path, content), **options)


ARRAYS = {
    "floats": np.arange(6.0).reshape(2, 3),
    "columns first": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "other order of bytes": np.arange(3, dtype=">f4"),
    "truth": np.array([True, False]),
    "complex": np.array([1 + 2j]),
    "text": np.array(["ab", "c"]),
    "bytes": np.array([b"ab", b"c"]),
    "empty": np.zeros((0, 3)),
    "no dimension": np.array(3.0),
}
PLAIN = {
    "text": "grün",
    "bytes": b"\xff\x00",
    "no bytes": b"",
    "nothing": None,
    "numbers": [1, -(2**70), 1.5, True],
    "tuples": ((), (1,), (1, 2, 3, "four")),
    "number of numpy": np.float32(0.25),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_things_come_back(tmp_path: Path, protocol: int) -> None:
    assert loaded(tmp_path, pickle.dumps(PLAIN, protocol)) == PLAIN


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_long_is_not_deep(tmp_path: Path, protocol: int) -> None:
    """Lists and dicts are filled piece by piece, in protocol 0 each thing by itself."""
    thing = [[None] * 70_000, {f"{key}": key for key in range(70_000)}]
    assert loaded(tmp_path, pickle.dumps(thing, protocol)) == thing


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back(tmp_path: Path, protocol: int, name: str) -> None:
    array = ARRAYS[name]
    got = loaded(tmp_path, pickle.dumps({"x": array}, protocol))["x"]
    assert type(got) is np.ndarray and got.dtype == array.dtype and got.shape == array.shape
    assert np.array_equal(got, array)
    assert got.flags.writeable


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_of_objects_and_what_is_shared(tmp_path: Path, protocol: int) -> None:
    inner = np.arange(3)
    objects = np.empty((2, 1), dtype=object)
    objects[0, 0], objects[1, 0] = {"q": inner}, [inner, None]
    got = loaded(tmp_path, pickle.dumps(objects, protocol))
    assert got.shape == (2, 1) and got.dtype == object
    assert np.array_equal(got[0, 0]["q"], inner)
    assert got[1, 0][0] is got[0, 0]["q"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("make", [scipy.sparse.csc_matrix, scipy.sparse.csr_array])
def test_sparse_matrices_come_back(tmp_path: Path, protocol: int, make: Any) -> None:
    dense = np.array([[0, 2.0, 0], [1.0, 0, 3.0]])
    assert np.array_equal(loaded(tmp_path, pickle.dumps(make(dense), protocol)).toarray(), dense)


def test_the_names_of_numpy_1_and_of_old_scipy(tmp_path: Path) -> None:
    content = pickle.dumps([np.arange(3.0), scipy.sparse.csc_matrix(np.eye(2))], 2)
    old = content.replace(b"numpy._core", b"numpy.core").replace(
        b"scipy.sparse._csc", b"scipy.sparse.csc"
    )
    assert old != content
    array, matrix = loaded(tmp_path, old)
    assert np.array_equal(array, np.arange(3.0)) and np.array_equal(matrix.toarray(), np.eye(2))


def python_2_array() -> bytes:
    """What Python 2 and numpy 1 write for np.array([1., 2.]), protocol 2: bytes as short text."""
    raw = struct.pack("<2d", 1.0, 2.0)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85q\x03"
        b"U\x01bq\x04\x87q\x05Rq\x06(K\x01K\x02\x85q\x07cnumpy\ndtype\nq\x08U\x02f8q\tK\x00K\x01"
        b"\x87q\nRq\x0b(K\x03U\x01<q\x0cNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\rb\x89"
        b"U" + bytes([len(raw)]) + raw + b"q\x0etq\x0fb"
    )


def test_a_pickle_of_python_2(tmp_path: Path) -> None:
    got = loaded(tmp_path, b"\x80\x02}q\x00U\x01x" + python_2_array() + b"s.")
    assert np.array_equal(got["x"], [1.0, 2.0])


@pytest.fixture
def chumpy() -> Iterator[types.SimpleNamespace]:
    """Classes that pickle as chumpy's do, as that package does not install any more."""

    class Ch:
        def __init__(self, **state: Any) -> None:
            self.__dict__.update(state, _dirty_vars={"x"}, _itr=None, _depends_on_deps={})

    class Select(Ch):
        pass

    modules = {name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch")}
    modules["chumpy.reordering"] = types.ModuleType("chumpy.reordering")
    for kind, module in ((Ch, "chumpy.ch"), (Select, "chumpy.reordering")):
        kind.__module__, kind.__qualname__ = module, kind.__name__
        setattr(modules[module], kind.__name__, kind)
    with pytest.MonkeyPatch.context() as patch:
        for name, module in modules.items():
            patch.setitem(sys.modules, name, module)
        yield types.SimpleNamespace(Ch=Ch, Select=Select)


@pytest.mark.parametrize("protocol", range(4))  # sets have a step of their own, refused, from 4 on
def test_chumpy_becomes_arrays(
    tmp_path: Path, chumpy: types.SimpleNamespace, protocol: int
) -> None:
    whole = chumpy.Ch(x=np.arange(12.0))
    part = chumpy.Select(a=whole, idxs=np.array([3, 1, 2, 0]), preferred_shape=(2, 2))
    got = loaded(tmp_path, pickle.dumps([whole, part], protocol))
    assert np.array_equal(got[0], np.arange(12.0))
    assert np.array_equal(got[1], [[3, 1], [2, 0]])


@pytest.mark.parametrize("protocol", range(4))
def test_large_arrays_that_share_nothing_come_back(
    tmp_path: Path, chumpy: types.SimpleNamespace, protocol: int
) -> None:
    zeros, ones = np.zeros(3_000_000, dtype=np.uint8), np.full(3_000_000, 255, dtype=np.uint8)
    got = loaded(tmp_path, pickle.dumps([zeros, ones], protocol))
    assert np.array_equal(got[0], zeros) and np.array_equal(got[1], ones)
    places = np.arange(300_000)[::-1].copy()
    whole = np.asfortranarray(np.arange(300_000.0).reshape(3, -1))
    part = loaded(tmp_path, pickle.dumps(chumpy.Select(a=whole, idxs=places), protocol))
    assert np.array_equal(part, places)


def test_what_is_not_allowed_is_refused(tmp_path: Path, chumpy: types.SimpleNamespace) -> None:
    content = pickle.dumps(scipy.sparse.csc_matrix(np.eye(2)))
    with pytest.raises(InputError, match=r"names scipy\.sparse"):
        loaded(tmp_path, content, allow=("numpy",))
    with pytest.raises(InputError, match=r"names chumpy"):
        loaded(tmp_path, pickle.dumps(chumpy.Ch(x=np.eye(2)), 2), allow=("numpy",))
    with pytest.raises(ValueError, match="unknown kinds"):
        loaded(tmp_path, content, allow=("torch",))


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


def named(module: str, name: str, *rest: bytes) -> bytes:
    return f"c{module}\n{name}\n".encode() + b"".join(rest) + b"."


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


TOUCH = "touch owned"
SMUGGLED = {
    "os.system": named("os", "system", text(TOUCH), b"\x85R"),
    "posix.system": named("posix", "system", text(TOUCH), b"\x85R"),
    "nt.system": named("nt", "system", text(TOUCH), b"\x85R"),
    "subprocess.Popen": named("subprocess", "Popen", text(TOUCH), b"\x85R"),
    "eval": named("builtins", "eval", text("open('owned','w')"), b"\x85R"),
    "exec": named("builtins", "exec", text("open('owned','w')"), b"\x85R"),
    "eval, Python 2": named("__builtin__", "eval", text("open('owned','w')"), b"\x85R"),
    "getattr": named("builtins", "getattr", b"cnumpy\nndarray\n", text("tofile"), b"\x86R"),
    "import": named("builtins", "__import__", text("os"), b"\x85R"),
    "open": named("builtins", "open", text("owned"), text("w"), b"\x86R"),
    "numpy.f2py": named("numpy.f2py", "compile", text(""), b"\x85R"),
    "numpy.f2py.capi_maps": named("numpy.f2py.capi_maps", "load_f2cmap_file", b"N\x85R"),
    "numpy.testing": named(
        "numpy.testing._private.utils", "runstring", text("open('owned','w')"), b"}\x86R"
    ),
    "numpy.load": named("numpy", "load", text("owned"), b"\x85R"),
    "numpy.fromfile": named("numpy", "fromfile", text("/etc/hostname"), b"\x85R"),
    "numpy.memmap": named("numpy", "memmap", text("owned"), b"\x85R"),
    "numpy.core": named("numpy.core.multiarray", "fromfile", text("/etc/hostname"), b"\x85R"),
    "numpy._core": named("numpy._core._internal", "_ctypes", b")R"),
    "scipy": named("scipy.sparse", "load_npz", text("owned"), b"\x85R"),
    "chumpy.utils": named("chumpy.utils", "timer", b")R"),
    "functools.partial": named("functools", "partial", b"cos\nsystem\n", text(TOUCH), b"\x86R"),
    "operator.attrgetter": named("operator", "attrgetter", text("__class__"), b"\x85R"),
    "codecs.decode": named("_codecs", "decode", text("x"), b"\x85R"),
    "encode to something else": named("_codecs", "encode", text("x"), text("rot13"), b"\x86R"),
    "a dotted name": b"\x80\x04" + text("numpy") + text("ndarray.tofile") + b"\x93.",
    "the names of a class": b"\x80\x04" + text("numpy") + text("ndarray.__class__") + b"\x93.",
    "old class": b"(" + text(TOUCH) + b"ios\nsystem\n.",
    "object step": b"(cos\nsystem\n" + text(TOUCH) + b"o.",
    "new object": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "another class": named(
        "copyreg", "_reconstructor", b"csubprocess\nPopen\nc__builtin__\nobject\nN\x87R"
    ),
    "an array by the constructor of objects": named(
        "copyreg", "_reconstructor", b"cnumpy\nndarray\nc__builtin__\nobject\nN\x87R"
    ),
    "another base": named("copyreg", "_reconstructor", b"cchumpy.ch\nCh\ncnumpy\nndarray\nN\x87R"),
    "object is called": named("builtins", "object", b")R"),
    "a function is changed": named("_codecs", "encode", b"}", text("x"), b"K\x01sb"),
    "a function's slots are changed": named(
        "_codecs", "encode", b"N}", text("_function"), b"K\x01s\x86b"
    ),
    "a class is changed": named("numpy", "ndarray", b"}", text("state"), b"K\x01sb"),
    "persistent name": b"Pos.system\n.",
    "persistent thing": text("os.system") + b"Q.",
    "extension 1": b"\x80\x02\x82\x01.",
    "extension 2": b"\x80\x02\x83\x01\x00.",
    "extension 4": b"\x80\x02\x84\x01\x00\x00\x00.",
    "buffer from outside": b"\x80\x05\x97.",
    "a bare class": named("numpy", "ndarray"),
    "a bare type": pickle.dumps(np.dtype("f8")),
    "a set": pickle.dumps({1, 2}),
    "a set, older": pickle.dumps({1, 2}, 2),
    "a class": pickle.dumps(OrderedDict),
    "an instance": pickle.dumps(Path("x")),
    "a slice": pickle.dumps(slice(1)),
    "a range": pickle.dumps(range(3)),
    "fields": pickle.dumps(np.zeros(2, dtype=[("a", "f8")])),
    "dates": pickle.dumps(np.zeros(2, dtype="M8[s]")),
    "long floats": pickle.dumps(np.zeros(2, dtype="g").astype(np.clongdouble).view("V32")),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_smuggling_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, SMUGGLED[name])
    with pytest.raises(InputError, match="is not read"):
        load_restricted(path)
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_smuggling_inside_arrays_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    bad = Calls(eval, "open('owned','w')")
    nested = np.array([{"a": [1, (2, bad)]}, None], dtype=object)
    for thing in (nested, {"key": bad}, [bad], scipy.sparse.csc_matrix, np.load):
        with pytest.raises(InputError):
            loaded(tmp_path, pickle.dumps(thing, protocol))
    np.save("bad.npy", nested, allow_pickle=True)
    with pytest.raises(InputError, match=r"names .*builtin.*\.eval"):
        load_restricted_npy("bad.npy")
    assert not Path("owned").exists()


def array_state(shape: bytes, dtype: bytes, content: bytes, kind: bytes = b"") -> bytes:
    """An array with that state, whatever it says; kind: the state of its type."""
    return (
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
        b"(K\x01" + shape + b"cnumpy\ndtype\n" + text(dtype.decode()) + b"\x89\x88\x87R"
        b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        + (kind or b"K\x00")
        + b"tb\x89"
        + content
        + b"tb."
    )


def test_arrays_that_lie_are_refused(tmp_path: Path) -> None:
    good = array_state(b"K\x01\x85", b"f8", b"C\x08" + bytes(8))
    assert np.array_equal(loaded(tmp_path, good), [0.0])
    huge = struct.pack("<i", 2**31 - 1)
    liars = {
        "too little": array_state(b"K\x02\x85", b"f8", b"C\x08" + bytes(8)),
        "huge": array_state(b"J" + huge + b"\x85", b"f8", b"C\x08" + bytes(8)),
        "negative": array_state(b"J\xff\xff\xff\xff\x85", b"f8", b"C\x08" + bytes(8)),
        "pointers as objects": array_state(b"K\x01\x85", b"O8", b"C\x08" + b"A" * 8),
        "objects that are no list": array_state(b"K\x01\x85", b"O8", text("abcdefgh")),
        "no size": array_state(b"J" + huge + b"\x85", b"V0", b"C\x00"),
        "no width": array_state(b"J" + huge + b"\x85", b"S0", b"C\x00"),
        "a list of types": array_state(b"K\x01\x85", b"f4,f4", b"C\x08" + bytes(8)),
        "no type": array_state(b"K\x01\x85", b"nonsense", b"C\x08" + bytes(8)),
        "reserved at once": b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nJ"
        + huge
        + b"\x85C\x01b\x87R.",
    }
    for name, content in liars.items():
        with pytest.raises(InputError):
            loaded(tmp_path, content)
            pytest.fail(name)


def test_a_sparse_matrix_that_points_outside_is_refused(tmp_path: Path) -> None:
    matrix = scipy.sparse.csc_matrix(np.eye(3))
    matrix.indices[1] = 10**6
    with pytest.raises(InputError):
        loaded(tmp_path, pickle.dumps(matrix))
    matrix = scipy.sparse.csc_matrix(np.eye(3))
    matrix._shape = (10**6, 10**6)
    with pytest.raises(InputError, match="too large"):
        loaded(tmp_path, pickle.dumps(matrix))


def test_bombs_are_refused(tmp_path: Path) -> None:
    level: list[Any] = [1] * 10
    for _ in range(10):
        level = [level] * 10
    with pytest.raises(InputError, match="items"):
        loaded(tmp_path, pickle.dumps(level))
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InputError, match="deep"):
        loaded(tmp_path, pickle.dumps(deep))
    with pytest.raises(InputError, match="deep"):  # hashing it would end the interpreter
        loaded(tmp_path, b"}N" + b"\x85" * 2_000_000 + b"Ns.")
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(InputError, match="contains itself"):
        loaded(tmp_path, pickle.dumps(cycle))
    with pytest.raises(InputError, match="more memory"):  # a place in the memo far out
        loaded(tmp_path, b"Nr\xff\xff\xff\x7f.")
    with pytest.raises(InputError, match="127 bits"):
        loaded(tmp_path, pickle.dumps({2**127: 1}))
    with pytest.raises(InputError):  # bytes that are not there
        loaded(tmp_path, b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b".")


def encoded_again_and_again(count: int) -> bytes:
    """A text in the memo, encoded into new bytes each time."""
    names = (
        b"c_codecs\nencode\nq\x000" + text("a" * 100_000) + b"q\x010" + text("latin1") + b"q\x020"
    )
    return b"\x80\x02" + names + b"](" + b"h\x00h\x01h\x02\x86R" * count + b"e."


def test_what_is_shared_is_not_copied_without_end(
    tmp_path: Path, chumpy: types.SimpleNamespace
) -> None:
    assert len(loaded(tmp_path, encoded_again_and_again(2))) == 2
    size, places = 100_000, np.zeros(20_000, dtype=np.int64)
    content, objects, array = bytes(size), [None] * size, np.zeros(10)
    buffer = np._core.numeric._frombuffer  # type: ignore[attr-defined]
    column = scipy.sparse.csc_matrix(np.ones((10_000, 1), dtype=np.uint8))
    columns = [column.copy() for _ in range(200)]
    for each in columns:
        each.data, each.indices, each.indptr = column.data, column.indices, column.indptr
    bombs: dict[str, bytes] = {
        "text": encoded_again_and_again(200),
        "bytes": pickle.dumps(
            [Calls(buffer, content, np.dtype("u1"), (size,), "C") for _ in range(200)]
        ),
        "objects": pickle.dumps(
            [Calls(buffer, objects, np.dtype("O"), (size,), "C") for _ in range(200)]
        ),
        "places": pickle.dumps([chumpy.Select(a=array, idxs=places) for _ in range(200)], 2),
        "bytearray": pickle.dumps([bytearray(content)] * 200, 5),
        "indices": pickle.dumps(columns),
    }
    for name, bomb in bombs.items():
        with pytest.raises(InputError, match="more memory than it holds"):
            loaded(tmp_path, bomb)
            pytest.fail(name)


def test_files_cut_off_too_large_or_missing(tmp_path: Path) -> None:
    content = pickle.dumps({"x": np.arange(100.0), "y": [{"z": 1.0}] * 3})
    for end in range(0, len(content) - 1, 7):
        with pytest.raises(InputError):
            loaded(tmp_path, content[:end])
    with pytest.raises(InputError, match="MB"):
        load_restricted(written(tmp_path, content), max_bytes=len(content) - 1)
    assert load_restricted(written(tmp_path, content), max_bytes=len(content))
    with pytest.raises(InputError, match="cannot be read"):
        load_restricted(tmp_path / "none.pkl")
    with pytest.raises(InputError):
        loaded(tmp_path, b"no pickle at all")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_changed_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    content = pickle.dumps({"x": np.arange(4.0), "y": [1, ("a", b"b")], "z": np.float64(1)}, 2)
    generator = np.random.default_rng(0)
    for _ in range(1500):
        broken = bytearray(content)
        for place in generator.integers(0, len(content), generator.integers(1, 4)):
            broken[place] = generator.integers(0, 256)
        with contextlib.suppress(InputError):
            loaded(tmp_path, bytes(broken))


def grasps() -> list[dict[str, Any]]:
    return [
        {"qpos": {"WRJTx": 0.1, "FFJ0": np.float64(0.5)}, "scale": 0.08, "pose": np.arange(3.0)}
        for _ in range(4)
    ]


def test_npy_of_records(tmp_path: Path) -> None:
    path = tmp_path / "core-bottle.npy"
    np.save(path, np.array(grasps(), dtype=object), allow_pickle=True)
    got = load_restricted_npy(path)
    assert isinstance(got, list) and len(got) == 4 and got[3]["qpos"]["FFJ0"] == 0.5
    assert np.array_equal(got[0]["pose"], np.arange(3.0))


def test_npy_of_one_dict(tmp_path: Path) -> None:
    path = tmp_path / "grasp.npy"
    np.save(path, {"grasp_qpos": np.ones((2, 29)), "obj_scale": 0.1}, allow_pickle=True)
    got = load_restricted_npy(path)
    assert isinstance(got, dict) and got["grasp_qpos"].shape == (2, 29)


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.eye(3))])
def test_npy_of_numbers(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    assert np.array_equal(load_restricted_npy(tmp_path / "a.npy"), array)


def test_npy_that_lies_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "grasp.npy"
    np.save(path, np.array(grasps(), dtype=object), allow_pickle=True)
    content = path.read_bytes()
    for broken in (
        content.replace(b"(4,)", b"(5,)"),
        content.replace(b"'|O'", b"'<f8'"),
        content.replace(b"'shape'", b"'shops'"),
        content.replace(b"NUMPY", b"NUMPI"),
        content.replace(b"}", b" ", 1),
        content.replace(b"'descr'", b"[]     "),
        content[:-20],
        content[:30],
        b"",
    ):
        assert broken != content
        path.write_bytes(broken)
        with pytest.raises(InputError):
            load_restricted_npy(path)
    with pytest.raises(InputError, match="MB"):
        path.write_bytes(content)
        load_restricted_npy(path, max_bytes=100)
