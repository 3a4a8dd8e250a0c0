"""Doctest examples assume ``import numpy as np`` and ``from absrep import *``."""

import numpy as np
import pytest
import torch

import absrep


@pytest.fixture(autouse=True)
def _names(doctest_namespace):
    doctest_namespace["np"] = np
    doctest_namespace["torch"] = torch
    doctest_namespace.update({name: getattr(absrep, name) for name in absrep.__all__})
