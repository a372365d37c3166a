"""Who may know whom, and the shape that keeps the code readable."""

import ast
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import main

ROOT = Path(__file__).parents[1]
SIDES = ("channels", "livechat", "dialogflow", "storage")
CORE_FOR_SIDES = {"content", "events", "ids", "errors", "interfaces", "json_fields", "postbacks", "text"}
DOORS = ("dialogflow_webhook", "business_messages_webhook", "rcs_webhook", "livechat_webhook", "redeliver")
MAX_LINES = 260
MAX_FUNCTION_LINES = 45


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module of this project that a file imports, dotted and absolute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def own_imports(path: Path) -> set[tuple[str, ...]]:
    return {
        tuple(name.split("."))
        for name in imported(path)
        if name.split(".")[0] in {"functions", "infra", "main", "tests"}
    }


@pytest.mark.parametrize("path", modules("functions/handoff"), ids=lambda p: p.stem)
def test_the_core_imports_nothing_but_itself(path: Path) -> None:
    outside = {name for name in own_imports(path) if name[:2] != ("functions", "handoff")}

    assert outside == set()


@pytest.mark.parametrize("path", [p for side in SIDES for p in modules(f"functions/{side}")], ids=lambda p: str(p.stem))
def test_a_side_imports_the_core_s_contract_the_http_client_and_itself(path: Path) -> None:
    side = path.parent.name

    for name in own_imports(path):
        is_contract = name[:2] == ("functions", "handoff") and (len(name) > 2 and name[2] in CORE_FOR_SIDES)
        is_http = name[:3] == ("functions", "runtime", "http_client")
        is_ids_module = name == ("functions", "handoff", "ids")
        assert is_contract or is_http or is_ids_module or name[1] == side, f"{path.name} imports {'.'.join(name)}"


def test_only_wiring_names_the_classes_of_the_sides() -> None:
    for path in [*modules("functions/runtime"), *sorted((ROOT / "functions").glob("*.py"))]:
        if path.name == "wiring.py":
            continue
        classes = {
            name[-1]
            for name in own_imports(path)
            if len(name) > 2 and name[1] in SIDES and name[-1].endswith(("Store", "Channel", "Bot", "Desk", "Tokens"))
        }
        assert classes == set(), path.name


def test_the_product_knows_nothing_of_infra_and_tests() -> None:
    for path in [*modules("functions"), ROOT / "main.py"]:
        assert {name[0] for name in own_imports(path)} <= {"functions"}, path.name


def test_main_offers_plain_functions_to_gcloud() -> None:
    offered = {name: getattr(main, name) for name in main.__all__}

    assert set(offered) == set(DOORS)
    assert all(isinstance(one, types.FunctionType) for one in offered.values())


@pytest.mark.parametrize("path", [*modules("functions"), *modules("infra")], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    if path.name != "interfaces.py":  # the contract: nearly all of it is docstrings
        assert len(text.splitlines()) <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{node.name} has {lines} lines"


def test_top_level_holds_what_gcloud_and_newcomers_expect() -> None:
    wanted = {"functions", "infra", "tests", "main.py", "requirements.txt", "Makefile", "README.md"}

    assert wanted <= {path.name for path in ROOT.iterdir()}
