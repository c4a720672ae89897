"""Object and hand as convex pieces, as the simulator wants them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from handhold.cache import DiskCache
from handhold.geometry import (
    ConvexDecomposition,
    Overhang,
    TriMesh,
    convex_decomposition,
    overhang,
    read_solid,
)
from handhold.geometry.topology import is_closed
from handhold.hands import Hand
from handhold.objects import ObjectAsset
from handhold.physics.mass import MassProperties, mass_of_pieces, mass_of_solid
from handhold.physics.protocol import Pieces, Protocol
from handhold.physics.shrink import shrunk
from handhold.physics.split import split_convex


@dataclass(frozen=True, eq=False)
class ObjectBody:
    """An object in its own frame (metres).

    pieces: convex meshes; overhang: how far they stand out; mass: mass, centre and inertia;
    seconds: what the decomposition took when it was made (it is cached by content);
    notes: what was assumed, one sentence each.
    """

    pieces: tuple[TriMesh, ...]
    overhang: Overhang
    mass: MassProperties
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class HandBody:
    """A hand at its zero pose in its pose frame (metres): link by link, convex pieces.

    links: per link its pieces, none where a link has no skin; overhang, seconds, notes as for
    an object; shrink: metres that the planes were moved inwards. The overhang is that of the
    pieces before they shrank.
    """

    links: tuple[tuple[TriMesh, ...], ...]
    overhang: Overhang
    seconds: float
    shrink: float = 0.0
    notes: tuple[str, ...] = ()

    def shrunk(self, by: float) -> HandBody:
        """The same hand with every piece `by` metres thinner on all sides."""
        links = tuple(tuple(shrunk(piece, by) for piece in link) for link in self.links)
        return replace(self, links=links, shrink=self.shrink + by)


def object_body(
    asset: ObjectAsset, protocol: Protocol, cache: DiskCache | None = None
) -> ObjectBody:
    """The object as convex pieces of the protocol's mass.

    Mass, uniform density: that of the solid mesh where it is closed, else of the pieces; the
    notes say which. Pieces and overhang are cached by content hash.
    """
    found = _decomposed(asset.mesh, protocol.pieces, cache)
    notes = []
    solid = read_solid(asset.mesh)
    mass = None
    if solid.closed and not solid.shell.any() and is_closed(solid.wall):
        mass = mass_of_solid(TriMesh(solid.vertices, solid.wall), protocol.object_mass)
    if mass is None:
        notes.append("the surface is not closed: mass is spread over its convex pieces")
        mass = mass_of_pieces(found.pieces, protocol.object_mass)
    return ObjectBody(tuple(found.pieces), found.overhang, mass, found.seconds, tuple(notes))


_HANDS: WeakKeyDictionary[Hand, dict[Pieces, HandBody]] = WeakKeyDictionary()


def hand_body(hand: Hand, protocol: Protocol) -> HandBody:
    """The hand as convex pieces per link, around the vertices that the link owns.

    A vertex belongs to the link of its largest skinning weight. A link whose hull stands out
    from the skin by more than the protocol says (the hollow of the palm, the webs between
    the fingers) is cut into several, see `split_convex`. Found once per hand object.
    """
    known = _HANDS.setdefault(hand, {})
    if protocol.pieces not in known:
        known[protocol.pieces] = _hand_pieces(hand, protocol.pieces)
    return known[protocol.pieces]


def _hand_pieces(hand: Hand, chosen: Pieces) -> HandBody:
    start = time.perf_counter()
    spec = hand.spec
    skin = TriMesh(spec.vertices.double().cpu().numpy(), spec.faces.cpu().numpy())
    owner = spec.weights.argmax(dim=1).cpu().numpy()
    links = tuple(
        split_convex(_patch(skin, owner == link), skin, chosen.hand_overhang, chosen.hand_pieces)
        for link in range(spec.weights.shape[1])
    )
    bare = _bare_ends(hand, links)
    notes = (f"no skin on the links that these joints move: {', '.join(bare)}",) if bare else ()
    every = [piece for pieces in links for piece in pieces]
    stands_out = overhang(skin, every)
    return HandBody(links, stands_out, time.perf_counter() - start, notes=notes)


def _bare_ends(hand: Hand, links: tuple[tuple[TriMesh, ...], ...]) -> list[str]:
    """The joints whose link has no skin and carries no other link: fingers that end in nothing.

    A link between two joints may be bare: it is a hub.
    """
    tree = hand.spec.tree
    inner = set(tree.parent.tolist())
    return [
        hand.joint_names[dof]
        for entry, (link, dof) in enumerate(zip(tree.link.tolist(), tree.dof.tolist(), strict=True))
        if link >= 0 and not links[link] and entry not in inner
    ]


def rigid_hand_body(mesh: TriMesh, protocol: Protocol, cache: DiskCache | None = None) -> HandBody:
    """A rigid hand mesh as one link of convex pieces (CoACD)."""
    found = _decomposed(mesh, protocol.pieces, cache)
    return HandBody((tuple(found.pieces),), found.overhang, found.seconds)


def _decomposed(mesh: TriMesh, chosen: Pieces, cache: DiskCache | None) -> ConvexDecomposition:
    return convex_decomposition(
        mesh,
        chosen.threshold,
        chosen.max_pieces,
        chosen.max_vertices,
        draw_in=chosen.draw_in,
        cache=cache,
    )


def _patch(skin: TriMesh, owned: NDArray[np.bool_]) -> TriMesh:
    """The owned vertices, with the faces between them."""
    where = np.cumsum(owned) - 1
    return TriMesh(skin.vertices[owned], where[skin.faces[owned[skin.faces].all(axis=1)]])
