from collections.abc import Callable

_Reading = str | tuple[tuple[str, int, int], ...]

def words_of(
    text: str, known: dict[str, _Reading], read: Callable[[str], _Reading], by_stretch: bool
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], bool]: ...
