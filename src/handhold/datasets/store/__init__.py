"""Many grasps and their objects on disk: Parquet shards beside an object store."""

from __future__ import annotations

from handhold.datasets.store.assemble import About, assemble, write_dataset
from handhold.datasets.store.begin import alone, finished
from handhold.datasets.store.check import Fault, check_store
from handhold.datasets.store.manifest import Manifest, read_manifest
from handhold.datasets.store.objects import get_object, put_object, stored_form
from handhold.datasets.store.schema import (
    OBJECT_SCHEMA,
    RECORD_SCHEMA,
    ObjectInfo,
    joint_column,
    pose_columns,
    record_table,
    table_records,
)
from handhold.datasets.store.split import Split, read_split, split_objects
from handhold.datasets.store.store import GraspStore, Where
from handhold.datasets.store.work import WorkFolder

__all__ = [
    "About",
    "Fault",
    "GraspStore",
    "Manifest",
    "OBJECT_SCHEMA",
    "ObjectInfo",
    "RECORD_SCHEMA",
    "Split",
    "Where",
    "WorkFolder",
    "alone",
    "assemble",
    "check_store",
    "finished",
    "get_object",
    "joint_column",
    "pose_columns",
    "put_object",
    "read_manifest",
    "read_split",
    "record_table",
    "split_objects",
    "stored_form",
    "table_records",
    "write_dataset",
]
