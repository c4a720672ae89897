"""Work on several processes."""

from __future__ import annotations

import os
import signal

import pytest
import torch

from handhold.errors import InputError
from handhold.processes import run_all


def _square(number: int) -> int:
    return number * number


def _threads(number: int) -> int:
    return torch.get_num_threads()


def _dies(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def _fails(number: int) -> int:
    raise InputError(f"number {number}")


def test_results_do_not_depend_on_the_number_of_processes() -> None:
    numbers = list(range(5))
    wanted = [_square(number) for number in numbers]
    assert list(run_all(_square, numbers, 1)) == wanted
    assert list(run_all(_square, numbers, 2, in_order=True)) == wanted
    assert sorted(run_all(_square, numbers, 2)) == wanted
    assert list(run_all(_square, [], 2)) == []


def test_one_torch_thread_everywhere_and_back_again() -> None:
    before = torch.get_num_threads()
    assert set(run_all(_threads, [1, 2], 1)) == {1} == set(run_all(_threads, [1, 2], 2))
    assert torch.get_num_threads() == before


def test_errors_come_through_and_a_killed_process_is_explained() -> None:
    for workers in (1, 2):
        with pytest.raises(InputError, match="number"):
            list(run_all(_fails, [1, 2], workers))
    with pytest.raises(InputError, match="--workers 1"):
        list(run_all(_dies, [1, 2], 2))
