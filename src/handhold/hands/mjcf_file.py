"""Reading a robot model with MuJoCo: old files, URDFs and moved meshes included."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

from handhold.errors import InputError

_LOG = logging.getLogger(__name__)

MAX_MODEL_BYTES = 20_000_000  # ours; a hand takes some 100 kB
MAX_MESH_BYTES = 200_000_000  # ours
MESH_FORMATS = (".stl", ".obj", ".msh")  # what MuJoCo 4 reads
_MAX_INCLUDES = 50  # ours
# Elements whose attributes set up a simulation: an old or new one means nothing to a hand.
_SETTINGS = frozenset(
    [
        "option",
        "flag",
        "size",
        "compiler",
        "visual",
        "global",
        "quality",
        "headlight",
        "map",
        "scale",
        "rgba",
        "statistic",
    ]
)
# What a hand needs none of, and what may name missing files or other dropped things.
_DROPPED = [
    "keys",
    "sensors",
    "actuators",
    "tendons",
    "pairs",
    "excludes",
    "skins",
    "textures",
    "materials",
    "cameras",
    "lights",
]
_OBSOLETE = re.compile(r"unrecognized attribute: '([^']+)'\s*Element '([^']+)'")


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """model: mujoco.MjModel; notes: what had to be changed to read it."""

    model: Any
    notes: tuple[str, ...]


def read_model(path: Path) -> LoadedModel:
    """The MJCF or URDF at `path` as an MjModel with its visual geometry and all its bodies.

    Only bodies, joints, geometry and couplings are kept. Meshes are looked for where the model
    says and, failing that, under shorter forms of that path (ours: models get moved). Raises
    InputError with MuJoCo's own message in one line.
    """
    sources = _Sources.read(path)
    notes: list[str] = []
    with quiet_mujoco():
        spec = _parse(path, sources, notes)
        _trim(spec)
        _locate_meshes(spec, path, notes)
        import mujoco

        try:
            model = spec.compile()
        except (ValueError, RuntimeError, mujoco.FatalError) as error:
            raise _refused(path, error) from error
    return LoadedModel(model, tuple(notes))


@contextmanager
def quiet_mujoco() -> Iterator[None]:
    """MuJoCo's warnings go to the log, not to the terminal and a file in the working folder."""
    import mujoco

    before = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(lambda text: _LOG.info("mujoco: %s", text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        mujoco.set_mju_user_warning(before)


@dataclass(eq=False)
class _Sources:
    """The XML of the model and of what it includes; changed in place when MuJoCo objects."""

    texts: dict[str, bytes]  # "" is the model itself

    @classmethod
    def read(cls, path: Path) -> _Sources:
        texts: dict[str, bytes] = {}
        waiting = [""]
        while waiting:
            name = waiting.pop()
            if name in texts:
                continue
            if len(texts) > _MAX_INCLUDES:
                raise InputError(
                    f"{path.name} includes over {_MAX_INCLUDES} files.", "Give one model file."
                )
            texts[name] = _read_text(path.parent / name if name else path)
            root = _tree(texts[name], name or path.name)
            waiting.extend(e.get("file", "") for e in root.iter("include") if e.get("file"))
        return cls(texts)

    def drop_attribute(self, element: str, attribute: str) -> None:
        for name, text in self.texts.items():
            root = _tree(text, name)
            found = [e for e in root.iter(element) if e.attrib.pop(attribute, None) is not None]
            if found:
                self.texts[name] = ElementTree.tostring(root)


def _read_text(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_MODEL_BYTES:
            raise InputError(
                f"{path.name} has {size / 1e6:.0f} MB, a model file at most "
                f"{MAX_MODEL_BYTES / 1e6:.0f} MB.",
                "Give the MJCF or URDF file itself, not a mesh.",
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The model file {path} cannot be read ({error.strerror}).",
            "Give the path of an MJCF (.xml) or URDF file.",
        ) from error


def _tree(text: bytes, name: str) -> ElementTree.Element:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise InputError(f"{name} declares XML entities.", "Give a plain MJCF or URDF file.")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(
            f"{name} is not XML ({error}).", "Give an MJCF (.xml) or URDF file."
        ) from error


def _parse(path: Path, sources: _Sources, notes: list[str]) -> Any:
    import mujoco

    _prepare_urdf(sources)
    while True:
        try:
            spec = mujoco.MjSpec.from_string(
                sources.texts[""].decode("utf-8", errors="replace"),
                include={name: text for name, text in sources.texts.items() if name},
            )
        except (ValueError, RuntimeError, mujoco.FatalError) as error:
            obsolete = _OBSOLETE.search(str(error))
            if obsolete is None or obsolete[2] not in _SETTINGS:
                raise _refused(path, error) from error
            before = dict(sources.texts)
            sources.drop_attribute(obsolete[2], obsolete[1])
            if sources.texts == before:
                raise _refused(path, error) from error
            notes.append(f"ignored the unknown setting '{obsolete[1]}' of <{obsolete[2]}>")
        else:
            return spec


def _prepare_urdf(sources: _Sources) -> None:
    """Ask MuJoCo to keep the looks and the fixed links of a URDF, which it drops by default."""
    root = _tree(sources.texts[""], "the model")
    if root.tag != "robot":
        return
    extension = root.find("mujoco")
    if extension is None:
        extension = ElementTree.SubElement(root, "mujoco")
    compiler = extension.find("compiler")
    if compiler is None:
        compiler = ElementTree.SubElement(extension, "compiler")
    compiler.attrib.update(discardvisual="false", fusestatic="false", strippath="false")
    sources.texts[""] = ElementTree.tostring(root)


def _trim(spec: Any) -> None:
    import mujoco

    for kind in _DROPPED:
        for item in list(getattr(spec, kind)):
            spec.delete(item)
    for item in list(spec.equalities):
        if item.type != mujoco.mjtEq.mjEQ_JOINT:
            spec.delete(item)
    for item in [*spec.geoms, *spec.sites]:
        item.material = ""
    # The masses are not ours to judge: what MuJoCo needs to compile is put in.
    spec.compiler.balanceinertia = True
    spec.compiler.boundmass = max(float(spec.compiler.boundmass), 1e-6)
    spec.compiler.boundinertia = max(float(spec.compiler.boundinertia), 1e-12)
    spec.compiler.discardvisual = False
    spec.compiler.fusestatic = False


def _locate_meshes(spec: Any, path: Path, notes: list[str]) -> None:
    import mujoco

    users: dict[str, list[Any]] = {}
    for geom in spec.geoms:
        if geom.meshname:
            users.setdefault(geom.meshname, []).append(geom)
    skipped: list[str] = []
    for mesh in list(spec.meshes):
        geoms = users.get(mesh.name or PurePosixPath(mesh.file).stem, [])
        readable = not mesh.file or PurePosixPath(mesh.file).suffix.lower() in MESH_FORMATS
        if geoms and readable:
            mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
            if mesh.file:
                mesh.file = str(_find_mesh(mesh.file, spec.meshdir, path))
            continue
        for geom in geoms:
            spec.delete(geom)
        if geoms:
            skipped.append(PurePosixPath(mesh.file).name)
        spec.delete(mesh)
    if skipped:
        notes.append(
            f"left out {len(skipped)} meshes that MuJoCo cannot read ({skipped[0]}, ...); it reads "
            + ", ".join(MESH_FORMATS)
        )


def _find_mesh(file: str, meshdir: str, path: Path) -> Path:
    """Where the file is: as MuJoCo has it, else without leading folders, nearest first."""
    home = path.resolve().parent
    scheme, _, rest = file.rpartition("://")
    parts = PurePosixPath(rest.replace("\\", "/")).parts
    # A package of ROS is a folder above the one that the URDF lies in.
    bases = [home, home.parent, home.parent.parent] if scheme == "package" else [home]
    full = (*PurePosixPath(meshdir.replace("\\", "/")).parts, *parts)
    tries = [home.joinpath(*full), home.joinpath(*parts)]
    for cut in range(1, len(full)):
        tries.extend(base.joinpath(*full[cut:]) for base in bases)
    found = next((place for place in tries if place.is_file()), None)
    if found is None:
        raise InputError(
            f"The mesh file '{file}' of {path.name} is missing.",
            f"Put it at {tries[0]}, beside the model as '{parts[-1]}', or give a complete model.",
        )
    if found.stat().st_size > MAX_MESH_BYTES:
        raise InputError(
            f"The mesh file {found.name} has {found.stat().st_size / 1e6:.0f} MB, at most "
            f"{MAX_MESH_BYTES / 1e6:.0f} MB are read.",
            "Simplify it.",
        )
    return found


def _refused(path: Path, error: Exception) -> InputError:
    return InputError(
        f"MuJoCo cannot read {path.name}: {error}".rstrip(".") + ".",
        "Give an MJCF (.xml) or URDF model of a hand that MuJoCo loads.",
    )
