import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.groups import group_values, merge_groups


def test_values_are_numbered_by_first_appearance_and_missing_ones_stand_alone():
    assert group_values(["b", "a", " b", None, "", "a", float("nan")]).tolist() == [0, 1, 0, 2, 3, 1, 4]


def test_chains_are_joined():
    # 0-1 by the first, 1-2 by the second, 3 alone
    assert merge_groups([np.array([5, 5, 1, 2]), np.array([0, 7, 7, 3])]).tolist() == [0, 0, 0, 1]
    assert merge_groups([np.array([5, 5, 1, 5])]).tolist() == [0, 0, 1, 0]


@given(st.data())
@settings(max_examples=60)
def test_agrees_with_networkx(data):
    n_rows, n_groupings = data.draw(st.integers(1, 15)), data.draw(st.integers(1, 3))
    column = st.lists(st.integers(-2, 8), min_size=n_rows, max_size=n_rows)
    groupings = [np.array(data.draw(column)) for _ in range(n_groupings)]
    graph = nx.Graph()
    graph.add_nodes_from(range(n_rows))
    graph.add_edges_from(
        (i, j) for values in groupings for i in range(n_rows) for j in range(i) if values[i] == values[j]
    )
    components = sorted(nx.connected_components(graph), key=min)
    expected = [next(number for number, rows in enumerate(components) if row in rows) for row in range(n_rows)]
    assert merge_groups(groupings).tolist() == expected
