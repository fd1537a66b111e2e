"""Small cuts of a graph: every way to part its nodes in two that cuts edges of little weight together.

Two nodes that an edge of the limit's weight joins are on one side of every small cut, so they are made one node
(Padberg and Rinaldi 1990); where no edge is left that is heavy enough, maximum adjacency scanning finds nodes joined by
paths of that weight (Nagamochi, Ono and Ibaraki 1994). A node left with a small degree is a small cut.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Graph:
    """`nodes` nodes, and edges between `one` and `two` with a `weight` each."""

    nodes: int
    one: Numbers
    two: Numbers
    weight: Numbers

    @property
    def degrees(self) -> Numbers:
        """The weight of each node's edges."""
        both = np.concatenate([self.one, self.two])
        return np.bincount(both, np.tile(self.weight, 2), minlength=self.nodes).astype(np.int64)

    def joined(self, to: Numbers) -> "Graph":
        """The graph in which node n has become node to[n]; edges within a node or without weight are
        gone, parallel ones added up."""
        nodes = int(to.max(initial=-1)) + 1
        one, two = to[self.one], to[self.two]
        apart = (one != two) & (self.weight > 0)
        code = (np.minimum(one, two) * nodes + np.maximum(one, two))[apart]
        pairs, place = np.unique(code, return_inverse=True)
        weight = np.bincount(place, self.weight[apart], minlength=len(pairs)).astype(np.int64)
        return Graph(nodes, pairs // max(nodes, 1), pairs % max(nodes, 1), weight)

    def plus(self, one: Numbers, two: Numbers, weight: Numbers) -> "Graph":
        """The graph with more edges."""
        pairs = ((self.one, one), (self.two, two), (self.weight, weight))
        return Graph(self.nodes, *(np.concatenate(pair) for pair in pairs))


def contracted(graph: Graph, limit: int) -> tuple[Graph, Numbers]:
    """The graph without edges of `limit` or more, and the node each old node became."""
    to = np.arange(graph.nodes, dtype=np.int64)
    while (heavy := graph.weight >= limit).any():
        step = groups(graph.nodes, graph.one[heavy], graph.two[heavy])
        graph, to = graph.joined(step), step[to]
    return graph, to


def small_cuts(graph: Graph, limit: int) -> Iterator[tuple[npt.NDArray[np.bool_], int]]:
    """Cuts of weight 1 to limit - 1: the nodes on one side, and the weight. Some are found if and only if there are
    any; after each one the search goes on as if it were none.
    """
    graph, to = contracted(graph.joined(np.arange(graph.nodes)), limit)
    while len(graph.weight):
        degrees = graph.degrees
        small = np.flatnonzero((degrees > 0) & (degrees < limit))
        for node in small:
            yield to == node, int(degrees[node])
        if len(small):
            touched = np.isin(graph.one, small) | np.isin(graph.two, small)
            step = groups(graph.nodes, graph.one[touched], graph.two[touched])
        else:
            step = groups(graph.nodes, *_tied(graph, limit))
        graph, to = graph.joined(step), step[to]
        graph, more = contracted(graph, limit)
        to = more[to]


def groups(nodes: int, one: Numbers, two: Numbers) -> Numbers:
    """The connected group of each node, counted from 0."""
    lowest = np.arange(nodes, dtype=np.int64)
    while True:
        first, second = lowest[one], lowest[two]
        if (first == second).all():
            return np.unique(lowest, return_inverse=True)[1].astype(np.int64)
        np.minimum.at(lowest, np.maximum(first, second), np.minimum(first, second))
        while (lowest[lowest] != lowest).any():
            lowest = lowest[lowest]


def _tied(graph: Graph, limit: int) -> tuple[Numbers, Numbers]:
    """Pairs of neighbours that no cut below `limit` parts; at least one where every node's degree is `limit` or
    more.
    """
    beside: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, two, weight in zip(graph.one.tolist(), graph.two.tolist(), graph.weight.tolist(), strict=True):
        beside[one].append((two, weight))
        beside[two].append((one, weight))
    reached, seen = dict.fromkeys(beside, 0), set()
    queue = [(0, node) for node in beside]
    pairs: list[tuple[int, int]] = []
    while queue:
        _, node = heapq.heappop(queue)
        if node in seen:
            continue
        seen.add(node)
        for other, weight in beside[node]:
            if other in seen:
                continue
            reached[other] += weight
            heapq.heappush(queue, (-reached[other], other))
            if reached[other] >= limit:
                pairs.append((node, other))
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
