"""Mazes searched by hand: dictionaries and loops, nothing from the library under test."""

from collections import deque


def neighbours(size):
    """Cells beside each cell, by their row and column."""
    cells = [(row, column) for row in range(size) for column in range(size)]
    return {
        row * size + column: [
            (row + down) * size + column + right
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1))
            if (row + down, column + right) in cells
        ]
        for row, column in cells
    }


def ways_out(size, edges, passages):
    """Cells that one can step to from each cell."""
    ways = {cell: set() for cell in range(size * size)}
    for (a, b), there in zip(edges, passages, strict=True):
        if there:
            ways[a].add(b)
            ways[b].add(a)
    return ways


def breadth_first(ways, start):
    """Steps to each cell that can be reached."""
    steps, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        for cell in ways[here] - set(steps):
            steps[cell] = steps[here] + 1
            queue.append(cell)
    return steps


def simple_paths(ways, start, end, before=()):
    """Every path that enters no cell twice."""
    trail = (*before, start)
    if start == end:
        yield trail
        return
    for cell in ways[start] - set(trail):
        yield from simple_paths(ways, cell, end, trail)


def shortest_paths(ways, start, end):
    paths = list(simple_paths(ways, start, end))
    least = min(map(len, paths), default=0)
    return [path for path in paths if len(path) == least]


def is_spanning_tree(ways):
    n_passages = sum(map(len, ways.values())) // 2
    return len(breadth_first(ways, 0)) == len(ways) == n_passages + 1


def dug(size, root, forks):
    """Every run of a depth-first walk from a cell: the passages dug, and the run's probability."""
    around = neighbours(size)

    def walk(trail, seen, passages):
        free = [cell for cell in around[trail[-1]] if cell not in seen] if trail else []
        if not trail or (not free and not forks):
            yield frozenset(passages), 1.0
        elif not free:
            yield from walk(trail[:-1], seen, passages)
        for cell in free:
            step = frozenset((trail[-1], cell))
            for found, probability in walk([*trail, cell], seen | {cell}, passages | {step}):
                yield found, probability / len(free)

    yield from walk([root], {root}, frozenset())
