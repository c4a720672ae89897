"""Quantities between hand and object, each defined once: used by refinement and judge alike."""

from handhold.contact.closing import close_hand, link_distance
from handhold.contact.field import ObjectField, build_field, field_from_grid, keep_off
from handhold.contact.force_closure import friction_cone_wrenches, is_force_closure
from handhold.contact.map import CONTACT_DISTANCE, contact_map
from handhold.contact.penetration import (
    Correspondence,
    depth_of_surface_points,
    find_correspondence,
    literal_penetration,
    skin_depth,
    sphere_depth,
)
from handhold.contact.prior import Primitive, Prior, PriorBatch
from handhold.contact.wrench import force_closure_residual, wrench_matrix

__all__ = [
    "CONTACT_DISTANCE",
    "Correspondence",
    "ObjectField",
    "Primitive",
    "Prior",
    "PriorBatch",
    "build_field",
    "close_hand",
    "contact_map",
    "depth_of_surface_points",
    "field_from_grid",
    "find_correspondence",
    "force_closure_residual",
    "friction_cone_wrenches",
    "is_force_closure",
    "keep_off",
    "link_distance",
    "literal_penetration",
    "skin_depth",
    "sphere_depth",
    "wrench_matrix",
]
