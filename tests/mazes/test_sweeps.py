"""The table over checkpoints: a corner of it again, and each measure by another route."""

from importlib.resources import as_file, files

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import Ridge

from absrep.mazes import lattice_edges, solve_rates, streams_at, targets
from absrep.mazes.sweeps import Cell, cells, courses, main, read_table, run_cell, run_sweep
from absrep.mazes.training import draw_puzzles, fit, load_file, recipe, save

KEYS = ["seed", "step", "kind", "part"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """States of a tiny network along its training."""
    folder, tiny = tmp_path_factory.mktemp("checkpoints"), recipe("tiny")

    def keep(run):
        save(run.network, folder / f"tiny-0-{int(run.steps[-1]):06d}.safetensors", {})

    fit(tiny, seed=0, watch=keep)
    return folder


@pytest.fixture(scope="module")
def last(folder):
    cell = cells("tiny", folder)[-1]
    assert cell.step == recipe("tiny").n_steps
    return Cell(cell.recipe, 0, cell.step, cell.file, n_parts=4, n_each=30, n_fit=300)


@pytest.fixture(scope="module")
def rows(last):
    return pd.DataFrame(run_cell(last))


@pytest.fixture(scope="module")
def again(last):
    """Network and puzzles, drawn anew."""
    rng, words = np.random.default_rng([2312, 0]), last.recipe.vocabulary
    (kind,) = last.recipe.kinds.values()
    seen = draw_puzzles(kind, 300, 3, rng, unseen=False)
    unseen = draw_puzzles(kind, 120, 3, rng, unseen=True)
    network = load_file(last.recipe, last.file)
    network.multiply_in = torch.bfloat16
    return network, words, seen, words.encode(seen, rng), unseen, rng


def by_part(values):
    return np.reshape(values, (4, 30)).mean(axis=1)


def test_rates_are_those_of_networks_left_alone(rows, again):
    network, words, _, _, unseen, rng = again
    state = rng.bit_generator.state
    answers = solve_rates(network, words, unseen, rng)[0]
    rng.bit_generator.state = state
    for name in ("exact", "valid", "reached"):
        assert rows[name].to_numpy() == pytest.approx(by_part(getattr(answers, name)), abs=1e-3)
    assert 0 < answers.exact.mean() < 1


def test_errors_and_steps_word_by_word(rows, again):
    network, words, _, _, unseen, rng = again
    state = rng.bit_generator.state
    sentences = words.encode(unseen, rng)
    rng.bit_generator.state = state
    tokens, asked = targets(words, sentences)
    # The blocks round their products, the read-out of the sweep does not: over 30 puzzles that
    # makes up to half a per cent.
    (one,) = network.replicas
    streams = network.streams(torch.from_numpy(tokens))[0, -1].float()
    logits = one.unembed(one.norm(streams)).detach().double()
    error, steps = [], []
    for said, wanted in zip(logits.log_softmax(-1), torch.from_numpy(asked), strict=True):
        places = torch.nonzero(wanted >= 0)[:, 0]
        error.append(-said[places, wanted[places]].mean().item())
        steps.append((said[places].argmax(-1) == wanted[places])[1:].double().mean().item())
    assert rows["error"].to_numpy() == pytest.approx(by_part(error), abs=1e-4)
    assert rows["next"].to_numpy() == pytest.approx(by_part(steps), abs=1e-3)


@pytest.mark.parametrize(("place", "name"), [(0, ""), (1, "origin ")])
def test_probes_by_another_library(rows, again, place, name):
    network, words, seen, told, unseen, rng = again
    state = rng.bit_generator.state
    sentences = words.encode(unseen, rng)
    rng.bit_generator.state = state
    x, z = (streams_at(network, s, [place])[0, 2, :, 0] for s in (told, sentences))
    with_degrees = [np.hstack([a, p.mazes.degrees]) for a, p in ((x, seen), (z, unseen))]
    on_path = (unseen.path[:, :, None] == np.arange(9)).any(1)
    near = on_path[:, lattice_edges(3)].any(2)
    for measure, (a, b) in {"": (x, z), "joint ": with_degrees}.items():
        mean, spread = a.mean(0), a.std(0)
        ridge = Ridge(1.0).fit((a - mean) / spread, seen.mazes.passages.astype(float))
        right = (ridge.predict((b - mean) / spread) > 0.5) == unseen.mazes.passages
        column = f"{name}{measure or 'probe '}2"
        assert rows[column].to_numpy() == pytest.approx(by_part(right.mean(1)), abs=2e-3)
        near_right = (right & near).sum(1) / near.sum(1)
        column = f"{name}near {measure}2"
        assert rows[column].to_numpy() == pytest.approx(by_part(near_right), abs=4e-3)


def test_the_way_is_read_by_least_squares_and_balanced(rows, again):
    """A probe that knows nothing has 1/2, one that sees the path itself 1."""
    from absrep.mazes.sweeps import _scores

    rng = np.random.default_rng(0)
    labels, asked = rng.random((400, 3)) < 0.3, rng.random((400, 3)) < 0.3
    assert ((_scores(labels * 1.0, labels, asked * 1.0) > 0) == asked).all()
    x, z = rng.standard_normal((2, 400, 5))
    said = _scores(x, labels, z) > 0
    balanced = (said[asked].mean() + 1 - said[~asked].mean()) / 2
    assert balanced == pytest.approx(0.5, abs=0.06)
    assert rows["way 0"].mean() == pytest.approx(0.5, abs=0.06)  # one word, whatever the maze
    assert rows["origin way 2"].mean() > 0.75


def test_a_sweep_from_the_command_line_goes_on_where_it_was(folder, tmp_path, monkeypatch):
    looked = []

    def counting(cell):
        looked.append(cell.step)
        return [{"seed": cell.seed, "step": cell.step, "kind": "a", "part": 0, "exact": 0.5}]

    monkeypatch.setattr("absrep.mazes.sweeps.run_cell", counting)
    table = tmp_path / "emergence.csv.gz"
    every = cells("tiny", folder)
    run_sweep(every[:2], table)
    main(["emergence", "--checkpoints", str(folder), "--recipe", "tiny", "--folder", str(tmp_path)])
    assert looked == [cell.step for cell in every]
    assert pd.read_csv(table).step.tolist() == looked
    with pytest.raises(ValueError, match="table has rows that no cell asks for"):
        run_sweep(every[:1], table)


def test_no_checkpoints(tmp_path):
    with pytest.raises(ValueError, match="checkpoints must hold solver-SEED-STEP"):
        cells("solver", tmp_path)


def test_the_books_table_is_complete():
    table, solver = read_table("emergence"), recipe("solver")
    assert not table.duplicated(KEYS).any()
    assert set(table.kind) == set(solver.kinds)
    assert table.groupby(["seed", "step", "kind"]).size().eq(10).all()
    steps = {seed: sorted(set(rows.step)) for seed, rows in table.groupby("seed")}
    assert set(steps) == {0, 1, 2} and steps[0] == steps[1] == steps[2]
    assert len(steps[0]) >= 20 and steps[0][0] == 0 and steps[0][-1] == solver.n_steps
    assert table.notna().all().all()


def test_the_last_checkpoint_of_the_book_again():
    """From the weights that came with the library, on the same puzzles."""
    with as_file(files("absrep.mazes") / "weights" / "solver-0.safetensors") as file:
        found = pd.DataFrame(run_cell(Cell(recipe("solver"), 0, 12_000, file)))
    table = read_table("emergence").query("seed == 0 and step == 12000")
    assert found[KEYS].to_numpy().tolist() == table[KEYS].to_numpy().tolist()
    # Processors round the products otherwise; a puzzle or two may go the other way.
    mean = [rows.groupby("kind").mean(numeric_only=True) for rows in (found, table)]
    assert mean[0].to_numpy() == pytest.approx(mean[1].to_numpy(), abs=0.01)


def test_courses_are_the_rows_of_the_table():
    table = read_table("emergence")
    steps, values = courses(table, "depth first", "valid")
    assert values.shape == (3, 10, len(steps))
    row = table.query("seed == 1 and part == 4 and kind == 'depth first'").set_index("step")
    assert values[1, 4].tolist() == row.valid[steps].tolist()
    with pytest.raises(ValueError, match="kind must be one of"):
        courses(table, "spiral", "valid")
    with pytest.raises(ValueError, match="measure must be a column"):
        courses(table, "depth first", "luck")
    with pytest.raises(ValueError, match="name must be 'emergence'"):
        read_table("other")
