"""The state of a sharded index as text for people and as JSON for programs."""

from __future__ import annotations

from collections import Counter

from askbrief.answer.schema import SCHEMA, as_json
from askbrief.cluster.status import ClusterStatus, ShardStatus
from askbrief.text.display import count_noun, one_line

_NAME_WIDTH = 12


def describe_cluster_status(status: ClusterStatus) -> str:
    """The folder, then a line for each node, deployment and shard."""
    documents, passages = (
        sum(getattr(shard.state, name) for shard in status.shards) for name in ("documents", "passages")
    )
    behind = sum(shard.is_behind for shard in status.shards)
    lines = [
        _line("folder", f"{status.root} (generation {status.generation})"),
        _line("holds", f"{count_noun(documents, 'article')}, {count_noun(passages, 'passage')}"),
        _line("state", f"{count_noun(behind, 'shard')} behind of {len(status.shards)}" if behind else "up to date"),
    ]
    for node in status.nodes or ():
        gpus = f", {count_noun(node.gpus, 'GPU')}" if node.gpus else ""
        state = f"{count_noun(node.cores, 'core')}{gpus}" if node.is_alive else "dead"
        lines.append(_line(f"node {node.name[:6]}", f"{node.address}: {state}"))
    if status.nodes is not None and not status.replicas:
        lines.append(_line("service", "none runs"))
    for name, states in status.replicas.items():
        counted = ", ".join(f"{count} {state.lower()}" for state, count in sorted(Counter(states).items()))
        lines.append(_line(name, counted or "no replica"))
    lines += [_line(f"shard {shard.state.number}", _describe_shard(shard)) for shard in status.shards]
    return "\n".join(map(one_line, lines))


def _line(name: str, fact: str) -> str:
    return f"{name:{_NAME_WIDTH}}{fact}"


def _describe_shard(shard: ShardStatus) -> str:
    state = shard.state
    parts = [
        f"{count_noun(state.documents, 'article')}, {count_noun(state.passages, 'passage')}",
        f"generation {state.generation}",
    ]
    parts += [f"{count_noun(shard.pending, 'file')} new or changed"] if shard.pending else []
    parts += [f"{count_noun(shard.gone, 'file')} gone"] if shard.gone else []
    parts += [state.problem] if state.problem else []
    return ", ".join(parts)


def cluster_status_as_json(status: ClusterStatus) -> str:
    """The same as one line of JSON, schema 1; ``nodes`` is null where no cluster was named."""
    return as_json(
        {
            "schema": SCHEMA,
            "folder": status.root,
            "generation": status.generation,
            "shards": [
                {
                    "number": shard.state.number,
                    "generation": shard.state.generation,
                    "documents": shard.state.documents,
                    "passages": shard.state.passages,
                    "pending": shard.pending,
                    "gone": shard.gone,
                    "problem": shard.state.problem,
                }
                for shard in status.shards
            ],
            "nodes": None
            if status.nodes is None
            else [
                {
                    "name": node.name,
                    "address": node.address,
                    "alive": node.is_alive,
                    "cores": node.cores,
                    "gpus": node.gpus,
                }
                for node in status.nodes
            ],
            "replicas": {name: list(states) for name, states in status.replicas.items()},
        }
    )
