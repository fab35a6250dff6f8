"""What a document with answers may be."""

from __future__ import annotations

from typing import TypeAlias

from stepper.core.algorithm import Run
from stepper.core.graph import Graph
from stepper.core.lines import Lines
from stepper.core.network import Network
from stepper.core.task import Task

Exercise: TypeAlias = Graph | Network | Task | Run | Lines
