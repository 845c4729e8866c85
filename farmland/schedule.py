"""Run one function over many tasks: threads of this process, or a Dask cluster. Same answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from farmland.errors import Unreachable

Task = TypeVar("Task")
Answer = TypeVar("Answer")

PATIENCE_S = 20
"""Seconds to wait for a scheduler to answer."""


def run(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    workers: int,
    scheduler: str = "",
    done: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Answer]:
    """Return ``function`` of each task, in the order of the tasks.

    Parameters
    ----------
    function, tasks
        With a scheduler both must survive pickling.
    workers : int
        Threads of this process; a cluster has its own.
    scheduler : str
        ``tcp://host:port`` of a Dask scheduler; ``""`` for threads.
    done : callable
        Called with the number of finished and of all tasks.

    Raises
    ------
    Unreachable
        When the scheduler does not answer, goes away, or its workers lack this package.
    """
    if scheduler:
        return _on_cluster(function, tasks, scheduler, done)
    answers = []
    for finished, (_, answer) in enumerate(ahead(function, tasks, workers), start=1):
        answers.append(answer)
        done(finished, len(tasks))
    return answers


def ahead(
    function: Callable[[Task], Answer], tasks: Iterable[Task], readers: int
) -> Iterator[tuple[Task, Answer]]:
    """Yield each task with its answer, in order, while the next ones are worked at.

    Never more than ``readers`` answers are finished or under way beyond the one yielded, so what
    is read ahead stays bounded however slowly it is taken. An exception is raised at its task.
    """
    waiting: deque[tuple[Task, Future[Answer]]] = deque()
    left = iter(tasks)
    with ThreadPoolExecutor(readers) as pool:
        try:
            for task in islice(left, readers):
                waiting.append((task, pool.submit(function, task)))
            while waiting:
                task, future = waiting.popleft()
                answer = future.result()
                for following in islice(left, 1):
                    waiting.append((following, pool.submit(function, following)))
                yield task, answer
        finally:
            for _, future in waiting:
                future.cancel()


def stacked(
    function: Callable[[Task], Any],
    tasks: Sequence[Sequence[Sequence[Task]]],
    heights: Sequence[int],
    widths: Sequence[int],
    dtypes: Mapping[str, Any],
) -> dict[str, Any]:
    """Lazy arrays (t, y, x), by name, of what ``function`` gives for each task.

    Parameters
    ----------
    function : callable
        Gives one array (y, x) for each name in ``dtypes``, as a mapping; called when a chunk of
        any of them is computed, once for all of them computed together.
    tasks : nested sequence
        By time, row and column of the chunks.
    heights, widths : sequence of int
        Pixels of the rows and columns of chunks.
    dtypes : mapping of str to dtype
    """
    import dask
    import dask.array

    lazy = [[[dask.delayed(function)(task) for task in row] for row in sheet] for sheet in tasks]

    def layer(name: str) -> Any:
        if not lazy:
            shape = (0, sum(heights), sum(widths))
            return dask.array.zeros(shape, dtypes[name])
        return dask.array.block(
            [
                [
                    [
                        dask.array.from_delayed(one[name], (tall, wide), dtypes[name])[None]
                        for one, wide in zip(row, widths, strict=True)
                    ]
                    for row, tall in zip(sheet, heights, strict=True)
                ]
                for sheet in lazy
            ]
        )

    return {name: layer(name) for name in dtypes}


def _on_cluster(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    scheduler: str,
    done: Callable[[int, int], None],
) -> list[Answer]:
    """Hand the tasks to the workers of a cluster."""
    try:
        from distributed import CancelledError, Client, KilledWorker
    except ImportError as fault:
        raise Unreachable(
            "--scheduler needs the package distributed: pip install 'farmland[cluster]'.",
            "--scheduler 需要 distributed 包：pip install 'farmland[cluster]'。",
        ) from fault
    try:
        with (
            Client(scheduler, timeout=PATIENCE_S, set_as_default=False) as client,
            client.as_current(),
        ):
            _check_workers(client, scheduler)
            futures = client.map(function, tasks, pure=False)
            _wait(client, futures, scheduler, done)
            return list(client.gather(futures))
    except KilledWorker as fault:
        raise _gone(scheduler, "a block killed its workers, for want of memory perhaps") from fault
    except CancelledError as fault:
        raise _gone(scheduler, "it left during the work") from fault
    except (OSError, TimeoutError) as fault:
        raise _gone(scheduler, fault) from fault


def _wait(
    client: Any, futures: Sequence[Any], scheduler: str, done: Callable[[int, int], None]
) -> None:
    """Wait for all futures; a cluster without workers would keep them for ever."""
    from distributed import wait

    left = set(futures)
    while left:
        try:
            left = wait(left, timeout=PATIENCE_S, return_when="FIRST_COMPLETED").not_done
        except TimeoutError:
            if not client.nthreads():
                raise _gone(scheduler, "its workers have left") from None
        else:
            done(len(futures) - len(left), len(futures))


def _check_workers(client: Any, scheduler: str) -> None:
    """A worker without this package fails in a way that names nothing: ask first."""
    from farmland import __version__

    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except TimeoutError:
        raise _gone(scheduler, "no worker has joined it") from None
    versions = client.run(_version)
    odd = {address: found for address, found in versions.items() if found != __version__}
    if odd:
        raise Unreachable(
            f"The workers at {scheduler} have farmland {sorted(set(odd.values()))} and this is "
            f"{__version__}: install the same version there.",
            f"{scheduler} 的工作节点上的 farmland 版本为 {sorted(set(odd.values()))}，"
            f"本机为 {__version__}：请安装相同版本。",
        )


def _version() -> str:
    """Version of this package on a worker, or ``"none"``."""
    try:
        import farmland
    except ImportError:
        return "none"
    return farmland.__version__


def _gone(scheduler: str, why: object) -> Unreachable:
    return Unreachable(
        f"The Dask scheduler at {scheduler} does not serve ({why}): start it, or leave out "
        "--scheduler.",
        f"位于 {scheduler} 的 Dask 调度器不可用（{why}）：请启动它，或去掉 --scheduler。",
    )
