"""Energy terms, one per file, each with its equation. A new term is a new class."""

from handhold.refine.terms.avoid import Avoid
from handhold.refine.terms.close_to_object import CloseToObject
from handhold.refine.terms.contact import Contact
from handhold.refine.terms.contact_map import ContactMap
from handhold.refine.terms.finger_contact import FingerContact
from handhold.refine.terms.force_closure import ForceClosure
from handhold.refine.terms.joint_limits import JointLimits
from handhold.refine.terms.literal import LiteralPenetration
from handhold.refine.terms.penetration import Penetration
from handhold.refine.terms.prior_pose import PriorPose
from handhold.refine.terms.reverse_penetration import ReversePenetration
from handhold.refine.terms.self_penetration import SelfPenetration
from handhold.refine.terms.skeleton import Skeleton
from handhold.refine.terms.term import State, Term

__all__ = [
    "Avoid",
    "CloseToObject",
    "Contact",
    "ContactMap",
    "FingerContact",
    "ForceClosure",
    "JointLimits",
    "LiteralPenetration",
    "Penetration",
    "PriorPose",
    "ReversePenetration",
    "SelfPenetration",
    "Skeleton",
    "State",
    "Term",
]
