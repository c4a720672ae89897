"""L_fc: contacts that can balance."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.contact import force_closure_residual
from handhold.refine.terms.term import State

REACH = 0.004
"""Metres: contacts are weighted by exp(-(d / REACH)^2) (ours)."""
UNASKED = 0.1
"""Added to the prior's contact value, so that a contact it does not ask for counts, too (ours)."""


class ForceClosure:
    """L_fc = |G c|^2 with unit normal forces (DexGraspNet, Wang et al. 2023; named by GDG).

    Contacts are the hand's contact candidates, weighted by exp(-(d / 4 mm)^2) and by the
    prior's contact map (ours); the normals are the object's, not differentiated.
    """

    name = "fc"

    def __call__(self, state: State) -> Tensor:
        index = state.hand.spec.contact_candidates
        points = state.posed.vertices[:, index]
        near = torch.exp(-(state.signed[:, index] / REACH).square())
        weights = near * (UNASKED + state.priors.contact_mean[:, index])
        with torch.no_grad():
            normals = -state.field.grid_normal(points)
        return force_closure_residual(points, normals, weights, state.field.centre)
