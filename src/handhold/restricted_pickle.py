"""Pickles of arrays, read without running what is in them.

A pickle is a program: it may name any function and have it called. Some data that people own are
distributed as pickles none the less (MANO_RIGHT.pkl; the grasps of DexGraspNet and DexGraspBench
in `.npy` files). This reader looks every name up in a short table of stand-ins written here;
nothing is imported, and neither numpy, scipy nor chumpy is called while the pickle runs. What
the stand-ins gathered is checked and made into arrays afterwards.

Admitted: dict, list, tuple, str, bytes, numbers, None; numpy arrays and scalars of plain types and
of objects; scipy.sparse csc and csr matrices; chumpy's `Ch` and `Select`, which become arrays.
Everything else is refused with an InputError, as are files that are cut off, too large, or that
ask for more memory than they hold.
"""

from __future__ import annotations

import functools
import io
import math
import pickle
import pickletools
import tokenize
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError

KINDS = ("numpy", "scipy.sparse", "chumpy")
# All ours.
MAX_BYTES = 256 * 1024**2
MAX_STEPS = 5_000_000  # of one pickle
MAX_DEPTH = 60  # of things within things
MAX_ITEMS = 50_000_000  # after writing out what is shared
MAX_DENSE = 10**7  # entries of a sparse matrix, zeros included
MAX_WHOLE_BITS = 127  # of a whole number, 16 bytes with its sign
_PLAIN = frozenset("biufcSU")  # kinds of numpy.dtype
_FORBIDDEN = frozenset(
    {"PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER"}
    | {"EMPTY_SET", "ADDITEMS", "FROZENSET"}
)
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_NO_HEADER = (
    ValueError, KeyError, TypeError, EOFError, SyntaxError, RecursionError, tokenize.TokenError,
)  # fmt: skip
_SPARE = 2**20  # bytes that every load may copy, ours
_POINTER = 8  # bytes of an item in an array of objects


def load_restricted(
    path: str | Path, *, max_bytes: int = MAX_BYTES, allow: tuple[str, ...] = KINDS
) -> Any:
    """What a pickle holds, made of dicts, lists, tuples, text, numbers and arrays.

    Pickles of Python 2 and 3, of numpy 1 and 2, protocols 0 to 5. Text of Python 2 is read as
    latin-1.

    Args:
        path: the file.
        max_bytes: larger files are refused.
        allow: which of KINDS may occur.

    Raises:
        InputError: there is no such file, it is no pickle, or it holds something else.
    """
    return _loads(_read(Path(path), max_bytes), Path(path), allow)


def load_restricted_npy(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Any:
    """What a `.npy` file holds, pickled objects included.

    Returns:
        The array, if it is one of numbers or text. An array of objects becomes the object itself
        where it has no dimension (``np.save(path, {...})``) and else nested lists.

    Raises:
        InputError: as `load_restricted`, and for a header that is none.
    """
    file = Path(path)
    stream = io.BytesIO(_read(file, max_bytes))
    try:
        version = np.lib.format.read_magic(stream)
        header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = header(stream)
    except _NO_HEADER as error:
        raise InputError(
            f"{file.name} is no .npy file: {error}.", "Give a file that numpy.save wrote."
        ) from error
    content = stream.read()
    try:
        if not dtype.hasobject:
            return _plain_array(shape, dtype, fortran, content)
        array = _loads(content, file, ("numpy",))
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != dtype:
            raise _RefusedError("the header and the content do not fit each other")
    except _RefusedError as reason:
        raise _error(file, str(reason)) from None
    return array.tolist()


class _RefusedError(Exception):
    """Why a pickle is not taken."""


def _error(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path.name} is not read: {reason}.",
        "Only dicts, lists, text, numbers and arrays are taken from a pickle; get the original "
        "file again, or save its arrays as .npz.",
    )


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    if len(content) > max_bytes:
        raise InputError(
            f"{path.name} has over {max_bytes / 1e6:.0f} MB.", "Give the file that was meant."
        )
    return content


def _loads(content: bytes, path: Path, allow: tuple[str, ...]) -> Any:
    unknown = set(allow) - set(KINDS)
    if unknown:
        raise ValueError(f"unknown kinds {sorted(unknown)}; there are {KINDS}")
    try:
        _inspect(content)
        # Bytes of Python 3 are in the file as text (protocols 0 to 2), in arrays, and picked by
        # chumpy: each at most once where nothing is copied over and over.
        budget = _Budget(3 * len(content) + _SPARE)
        return _Making(budget).make(_Unpickler(content, allow, budget).load(), 0)[0]
    except _RefusedError as reason:
        raise _error(path, str(reason)) from None
    except Exception as error:  # a made-up pickle can raise whatever it likes
        raise _error(path, f"{type(error).__name__}: {error}") from error


class _Budget:
    """Bytes that a load may still copy: a pickle may name one thing over and over."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _RefusedError("it asks for more memory than it holds")


def _inspect(content: bytes) -> None:
    """Refuse steps that go round the table of names, or that reserve memory without filling it."""
    depth = _Depth()
    steps = 0
    try:
        for code, argument, _ in pickletools.genops(content):
            steps += 1
            if steps > MAX_STEPS:
                raise _RefusedError(f"it has over {MAX_STEPS} steps")
            if code.name in _FORBIDDEN:
                raise _RefusedError(f"it uses the step {code.name}")
            if code.name in _PUTS and int(argument or 0) > steps:
                raise _RefusedError("it asks for more memory than it holds")
            if isinstance(argument, int) and argument.bit_length() > MAX_WHOLE_BITS:
                raise _RefusedError(f"a whole number in it has over {MAX_WHOLE_BITS} bits")
            depth.follow(code, argument)
    except (ValueError, EOFError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise _RefusedError(f"it is no pickle, or cut off ({error})") from error


class _Depth:
    """How deep the things on the stack are nested, followed without making them: hashing a tuple
    of tuples of tuples ... would overflow the stack of the interpreter."""

    def __init__(self) -> None:
        self._stack: list[int] = []
        self._memo: dict[int, int] = {}

    def follow(self, code: pickletools.OpcodeInfo, argument: object) -> None:
        name, stack = code.name, self._stack
        if name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in _PUTS:
            self._memo[int(str(argument))] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memo[int(str(argument))])
        elif name == "MARK":
            stack.append(-1)
        elif name == "DUP":
            stack.append(stack[-1])
        else:
            self._apply(code)

    def _apply(self, code: pickletools.OpcodeInfo) -> None:
        stack, taken, filled = self._stack, 0, 0
        for kind in reversed(code.stack_before):
            if kind is pickletools.markobject or kind is pickletools.stackslice:
                while (top := stack.pop()) != -1:
                    taken = max(taken, top)
                if kind is pickletools.stackslice:
                    stack.append(-1)  # the mark itself is listed next
            elif kind is pickletools.pylist or kind is pickletools.pydict:
                filled = stack.pop()  # piece by piece: it gets longer and not deeper
            else:
                taken = max(taken, stack.pop())
        if taken > MAX_DEPTH:
            raise _RefusedError(f"it is nested over {MAX_DEPTH} deep")
        grown = max(taken + 1, filled) if code.stack_before else 0
        stack.extend([grown] * len(code.stack_after))


class _Unpickler(pickle.Unpickler):
    """The C unpickler with our table of names."""

    def __init__(self, content: bytes, allow: tuple[str, ...], budget: _Budget) -> None:
        super().__init__(io.BytesIO(content), encoding="latin1")
        self._allow = allow
        self._encode = _Call(functools.partial(_encode, budget))

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return self._encode
        kind, found = _NAMES.get((module, name), ("", None))
        if found is None or (kind and kind not in self._allow):
            raise _RefusedError(f"it names {_shown(module)}.{_shown(name)}")
        return found

    def persistent_load(self, pid: Any, /) -> Any:
        raise _RefusedError("it refers to something outside the file")


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:60])


class _StandIn:
    """What a pickle may make. Its state is kept as it came, and looked at afterwards."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Array(_StandIn):
    """numpy.ndarray: (version, shape, dtype, is_fortran, bytes or list)."""

    __slots__ = ()


class _Dtype(_StandIn):
    """numpy.dtype: its text; the state gives the byte order."""

    __slots__ = ("text",)

    def __init__(self, text: Any) -> None:
        super().__init__()
        self.text = text


class _Scalar(_StandIn):
    """A number of numpy: (dtype, bytes)."""

    __slots__ = ()


class _Sparse(_StandIn):
    """scipy.sparse: the matrix's dict."""

    __slots__ = ()


class _Csc(_Sparse):
    __slots__ = ()


class _Csr(_Sparse):
    __slots__ = ()


class _Ch(_StandIn):
    """chumpy.ch.Ch: its dict, with the array at 'x'."""

    __slots__ = ()


class _Select(_StandIn):
    """chumpy.reordering.Select: some entries 'idxs' of an array 'a', in 'preferred_shape'."""

    __slots__ = ()


class _Ignored(_StandIn):
    """A set, which the records of chumpy hold; it may not be in the result."""

    __slots__ = ()


class _Call:
    """A function that a pickle may call; it cannot be changed by one."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise _RefusedError("it changes a function")


_OBJECT = "object"  # stands for the class `object`, which is named and never called


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    if kind is not _Array or shape != (0,) or code not in ("b", b"b"):
        raise _RefusedError("it makes an array in an unknown way")
    return _Array()


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.state = (1, shape, dtype, order == "F", buffer)
    return array


def _dtype(text: Any, *_: Any) -> _Dtype:
    return _Dtype(text)


def _scalar(dtype: Any, content: Any) -> _Scalar:
    scalar = _Scalar()
    scalar.state = (dtype, content)
    return scalar


def _encode(budget: _Budget, text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _RefusedError("it encodes something else than bytes")
    budget.take(len(text))
    return text.encode("latin1")


def _empty_bytes() -> bytes:
    return b""


def _new_object(kind: Any, base: Any, state: Any) -> _StandIn:
    if kind not in (_Csc, _Csr, _Ch, _Select) or base != _OBJECT or state is not None:
        raise _RefusedError("it makes an object of another class")
    return kind()


def _ignored(*_: Any) -> _Ignored:
    return _Ignored()


def _names() -> dict[tuple[str, str], tuple[str, Any]]:
    """(module, name) -> (kind or "", stand-in)."""
    names: dict[tuple[str, str], tuple[str, Any]] = {
        ("numpy", "ndarray"): ("numpy", _Array),
        ("numpy", "dtype"): ("numpy", _Call(_dtype)),
    }
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = ("numpy", _Call(_reconstruct))
        names[f"{core}.multiarray", "scalar"] = ("numpy", _Call(_scalar))
        names[f"{core}.numeric", "_frombuffer"] = ("numpy", _Call(_from_buffer))
    for letter, stand_in in (("c", _Csc), ("r", _Csr)):
        for module in (f"scipy.sparse.cs{letter}", f"scipy.sparse._cs{letter}"):
            for shape in ("matrix", "array"):
                names[module, f"cs{letter}_{shape}"] = ("scipy.sparse", stand_in)
    names["chumpy.ch", "Ch"] = names["chumpy", "Ch"] = ("chumpy", _Ch)
    names["chumpy.reordering", "Select"] = ("chumpy", _Select)
    for builtins, copyreg in (("__builtin__", "copy_reg"), ("builtins", "copyreg")):
        names[builtins, "bytes"] = ("", _Call(_empty_bytes))
        names[builtins, "object"] = ("", _OBJECT)
        names[builtins, "set"] = ("chumpy", _Call(_ignored))
        names[copyreg, "_reconstructor"] = ("", _Call(_new_object))
    return names


_NAMES: Mapping[tuple[str, str], tuple[str, Any]] = _names()


class _Making:
    """Turns what an unpickler gathered into plain things and arrays."""

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget
        self._made: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()

    def make(self, node: Any, depth: int) -> tuple[Any, int]:
        """The thing itself, and how many items it has written out."""
        if node is None or isinstance(node, (bool, int, float, complex, str, bytes)):
            return node, 1
        if isinstance(node, bytearray):
            return self._raw(node), 1
        key = id(node)
        if key in self._made:
            return self._made[key]
        if key in self._open:
            raise _RefusedError("something in it contains itself")
        if depth > MAX_DEPTH:
            raise _RefusedError(f"it is nested over {MAX_DEPTH} deep")
        self._open.add(key)
        made = self._make(node, depth + 1)
        self._open.discard(key)
        if made[1] > MAX_ITEMS:
            raise _RefusedError(f"it has over {MAX_ITEMS} items")
        self._made[key] = made
        return made

    def _make(self, node: Any, depth: int) -> tuple[Any, int]:
        if isinstance(node, (list, tuple)):
            items, count = self._all(list(node), depth)
            return (items if isinstance(node, list) else tuple(items)), count
        if isinstance(node, dict):
            if not all(isinstance(key, (str, bytes, int, float)) for key in node):
                raise _RefusedError("a dict in it has keys that are neither text nor numbers")
            items, count = self._all(list(node.values()), depth)
            return dict(zip(node, items, strict=True)), count
        if isinstance(node, _Array):
            return self._array(node, depth)
        if isinstance(node, _Scalar):
            dtype, content = node.state
            return _plain_array((), _real_dtype(dtype), False, self._raw(content))[()], 1
        if isinstance(node, (_Csc, _Csr)):
            return self._sparse(node, depth), 1
        if isinstance(node, (_Ch, _Select)):
            return self._chumpy(node, depth), 1
        raise _RefusedError(f"it holds a {type(node).__name__.lstrip('_').lower()}")

    def _all(self, nodes: list[Any], depth: int) -> tuple[list[Any], int]:
        made = [self.make(node, depth) for node in nodes]
        return [item for item, _ in made], 1 + sum(count for _, count in made)

    def _array(self, node: _Array, depth: int) -> tuple[NDArray[Any], int]:
        if not isinstance(node.state, tuple) or len(node.state) != 5:
            raise _RefusedError("an array in it is not whole")
        _, shape, stand_in, fortran, content = node.state
        dtype = _real_dtype(stand_in)
        if dtype.kind != "O":
            return _plain_array(shape, dtype, bool(fortran), self._raw(content)), 1
        if not isinstance(content, list) or len(content) != _size(shape):
            raise _RefusedError("an array of objects in it has another size than it says")
        self._budget.take(_POINTER * len(content))
        items, count = self._all(content, depth)
        flat = np.empty(len(items), dtype=object)
        for place, item in enumerate(items):
            flat[place] = item
        return flat.reshape(shape, order="F" if fortran else "C"), count

    def _sparse(self, node: _Sparse, depth: int) -> Any:
        from scipy import sparse

        state = self._fields(node, ("_shape", "shape", "data", "indices", "indptr"), depth)
        shape: Any = state.get("_shape", state.get("shape"))
        if _size(shape) > MAX_DENSE or len(shape) != 2:
            raise _RefusedError("a sparse matrix in it is too large")
        parts: list[Any] = [state.get(name) for name in ("data", "indices", "indptr")]
        if not all(isinstance(part, np.ndarray) and part.ndim == 1 for part in parts):
            raise _RefusedError("a sparse matrix in it is not whole")
        if parts[0].dtype.kind not in "biufc" or any(p.dtype.kind not in "iu" for p in parts[1:]):
            raise _RefusedError("a sparse matrix in it does not hold numbers")
        self._budget.take(parts[1].nbytes + parts[2].nbytes)  # scipy copies those of another type
        kind = sparse.csc_matrix if isinstance(node, _Csc) else sparse.csr_matrix
        matrix = kind(tuple(parts), shape=shape)
        matrix.check_format(full_check=True)
        return matrix

    def _chumpy(self, node: _StandIn, depth: int) -> NDArray[Any]:
        state = self._fields(node, ("x", "a", "idxs", "preferred_shape"), depth)
        if isinstance(node, _Ch):
            return np.asarray(_numbers(state.get("x")))
        whole, places = _numbers(state.get("a")), _numbers(state.get("idxs"))
        self._budget.take(places.size * whole.itemsize)
        picked = np.asarray(whole.flat[places])  # ravel() would copy some arrays
        shape = state.get("preferred_shape")
        return picked if shape is None else picked.reshape(shape)

    def _fields(self, node: _StandIn, names: tuple[str, ...], depth: int) -> dict[str, Any]:
        if not isinstance(node.state, dict):
            raise _RefusedError("an object in it is not whole")
        return {n: self.make(node.state[n], depth)[0] for n in names if n in node.state}

    def _raw(self, content: Any) -> bytes:
        if not isinstance(content, (str, bytes, bytearray)):
            raise _RefusedError("an array in it has no content")
        self._budget.take(len(content))
        # Bytes of Python 2 come as text.
        return content.encode("latin1") if isinstance(content, str) else bytes(content)


def _numbers(value: Any) -> NDArray[Any]:
    array = np.asarray(None if isinstance(value, (list, tuple)) else value)
    if array.dtype.kind not in "biuf":
        raise _RefusedError("a chumpy array in it does not hold numbers")
    return array


def _real_dtype(stand_in: Any) -> np.dtype[Any]:
    if not isinstance(stand_in, _Dtype) or not isinstance(stand_in.text, (str, bytes)):
        raise _RefusedError("an array in it is of an unknown type")
    text = stand_in.text if isinstance(stand_in.text, str) else stand_in.text.decode("latin1")
    if "," in text or len(text) > 20:
        raise _RefusedError("an array in it is of an unknown type")
    dtype = np.dtype(text)
    if stand_in.state is not None:
        state = stand_in.state
        if not isinstance(state, tuple) or len(state) < 5 or any(state[2:5]):
            raise _RefusedError("an array in it has fields")
        order = state[1].decode("latin1") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "|", "="):
            raise _RefusedError("an array in it has an unknown order of bytes")
        if order in "<>":
            dtype = dtype.newbyteorder(">" if order == ">" else "<")
        if dtype.kind in "SU" and dtype.itemsize == 0:
            dtype = np.dtype(f"{order if dtype.kind == 'U' else '|'}{dtype.kind}{_width(state)}")
    if dtype.kind != "O" and (dtype.kind not in _PLAIN or dtype.itemsize == 0):
        raise _RefusedError(f"an array in it is of the type {dtype}")
    return dtype


def _width(state: tuple[Any, ...]) -> int:
    """Characters of a text type whose name did not tell them (numpy 1 under Python 2)."""
    width = state[5] if len(state) > 5 and isinstance(state[5], int) else 0
    return max(width, 0) if width < 10**6 else 0


def _size(shape: Any) -> int:
    if not isinstance(shape, tuple) or len(shape) > 32:
        raise _RefusedError("an array in it has no shape")
    if not all(isinstance(n, int) and n >= 0 for n in shape):
        raise _RefusedError("an array in it has no shape")
    return math.prod(shape)


def _plain_array(shape: Any, dtype: np.dtype[Any], fortran: bool, content: bytes) -> NDArray[Any]:
    if _size(shape) * dtype.itemsize != len(content) or dtype.kind not in _PLAIN:
        raise _RefusedError("an array in it has another size than it says")
    flat = np.frombuffer(bytearray(content), dtype=dtype)
    return flat.reshape(shape, order="F" if fortran else "C")
