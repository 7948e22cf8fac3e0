from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user may read; it is there as a whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
