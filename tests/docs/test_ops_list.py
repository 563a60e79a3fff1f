"""docs/ops.md lists the ops that there are."""

from docs.generate_ops import PAGE, page


def test_the_list_of_ops_is_up_to_date() -> None:
    written = PAGE.read_text().splitlines()
    wanted = page().splitlines()
    stale = next((new for old, new in zip(written, wanted, strict=False) if old != new), None)
    assert written == wanted, f"docs/ops.md is stale, run `make docs`; first new line: {stale}"
