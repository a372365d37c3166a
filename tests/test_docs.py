"""The documentation says what is so: settings, commands, files, links and names are held against the code.

`python -m tests.test_docs` writes the settings table of the README anew.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import main
from functions.handoff.schedule import LANE_OF
from functions.livechat.actions import READERS
from functions.runtime.brands_file import BRAND_SECRETS
from functions.runtime.config import VARIABLES, Settings
from functions.runtime.logs import OUTCOMES
from infra.deploy.parts import FUNCTIONS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SETTINGS_BEGIN = "<!-- settings: written by `python -m tests.test_docs` from functions/runtime/config.py -->\n"
SETTINGS_END = "<!-- end of settings -->\n"
ELSEWHERE = {"functions/settings"}  # files that a reader makes

needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")


def pages() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def shell_blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def names_in_first_cells(text: str) -> set[str]:
    return {name for row in rows(text) for name in re.findall(r"`([^`]+)`", row[0])}


def section(page: str, title: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    level = title.split(" ", 1)[0]
    _, found, rest = (ROOT / page).read_text().partition(f"\n{title}\n")
    assert found, f"{page} has no {title}"
    return re.split(rf"^{level} ", rest, flags=re.MULTILINE)[0]


# --- settings and secrets ---


def settings_table() -> str:
    lines = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for v in VARIABLES:
        default = f"`{v.default}`" if v.default else "–"
        lines.append(f"| `{v.name}` | {default} | {v.meaning} |")
    return "\n".join(lines) + "\n"


def settings_in_readme() -> str:
    return README.read_text().partition(SETTINGS_BEGIN)[2].partition(SETTINGS_END)[0]


def test_the_readme_lists_every_setting_with_its_default_and_no_other() -> None:
    assert settings_table() == settings_in_readme()


def test_every_setting_has_an_effect() -> None:
    code = "\n".join(p.read_text() for p in (ROOT / "functions").rglob("*.py") if p.name != "config.py")
    used = {*re.findall(r"settings\.(\w+)", code), "firestore_emulator_host"}  # this one by the client library

    assert set() == {v.name for v in VARIABLES if v.field in set(Settings.__struct_fields__) - used}


def test_the_readme_lists_every_secret_the_code_reads() -> None:
    code = "\n".join(p.read_text() for p in (ROOT / "functions").rglob("*.py"))
    read = set(re.findall(r"secrets\.(?:accepted|find|get|get_fresh)(?:\(|, )\"([\w-]+)\"\)", code))

    assert read
    assert read | set(BRAND_SECRETS) == names_in_first_cells(section("README.md", "## Secrets"))


def test_the_readme_explains_every_outcome_of_the_log() -> None:
    assert set(OUTCOMES) <= names_in_first_cells(section("README.md", "## Operate"))


# --- names from the code ---


def test_the_livechat_page_registers_exactly_the_webhooks_that_are_read() -> None:
    assert set(READERS) == names_in_first_cells(section("docs/providers/livechat.md", "## Webhooks to register"))


def test_the_architecture_page_puts_every_kind_of_entry_into_its_lane() -> None:
    table = section("docs/architecture.md", "## Lanes")
    written = {
        kind: row[0].strip("*") for row in rows(table) for kind in re.findall(r"`(\w+)`", row[1]) if kind in LANE_OF
    }

    assert written == LANE_OF


def test_every_function_is_deployed() -> None:
    assert {function.entry_point for function in FUNCTIONS} == set(main.__all__)


# --- commands, links, files ---


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_make_command_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    text = page.read_text()

    named = {*re.findall(r"`make ([\w-]+)", text), *re.findall(r"^make ([\w-]+)", text, flags=re.MULTILINE)}

    assert named <= targets


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", prose(page.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def is_there(name: str) -> bool:
    """Whether a file or folder of that path is in the tree, from the top or as the end of a longer path."""
    if (ROOT / name).exists():
        return True
    tops = ("functions", "infra", "tests", "docs")
    return any(f"/{path.relative_to(ROOT)}".endswith(f"/{name}") for top in tops for path in (ROOT / top).rglob("*"))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text()
    quoted = re.findall(r"`([\w./-]+\.(?:py|md|txt|toml|yaml)|\.ci/run)`", text)
    paths = re.findall(r"(?<![\w/.-])(?:functions|infra|tests|docs)/[\w./-]*\w", text)

    missing = {name for name in {*quoted, *paths} - ELSEWHERE if not is_there(name)}

    assert missing == set()


# --- gcloud ---


def gcloud(*words: str, home: Path) -> str:
    environ = {**os.environ, "CLOUDSDK_CONFIG": str(home), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    command = ["gcloud", "meta", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environ, cwd=home, timeout=60).stdout


@needs_gcloud
@pytest.mark.parametrize("page", [p for p in pages() if "\ngcloud " in p.read_text()], ids=name_of)
def test_gcloud_takes_every_command_of_the_page(page: Path, tmp_path: Path) -> None:
    blocks = "\n".join(shell_blocks(page.read_text()))
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", blocks).splitlines()]
    urls = dict(re.findall(r"^(\w+)=(https://\S+)", blocks, flags=re.MULTILINE))  # gcloud wants to see a URL
    commands = [re.sub(r"\$(\w+)", lambda m: urls.get(m[1], m[0]), one) for one in lines if one.startswith("gcloud ")]
    page_of_commands = tmp_path / "commands.txt"
    page_of_commands.write_text("".join(f"```\n{command}\n```\n" for command in commands))

    answers = json.loads(gcloud("lint-gcloud-commands", f"--commands-text-file={page_of_commands}", home=tmp_path))

    assert 0 < len(commands) == len(answers)
    assert {} == {one["command_string"]: one["error_message"] for one in answers if not one["success"]}


@needs_gcloud
def test_the_upload_holds_main_requirements_and_functions_alone(tmp_path: Path) -> None:
    sent = set(gcloud("list-files-for-upload", str(ROOT), home=tmp_path).split())
    files = (path for path in (ROOT / "functions").rglob("*") if path.is_file() and "__pycache__" not in path.parts)

    assert sent == {"main.py", "requirements.txt", *map(name_of, files)}


if __name__ == "__main__":
    README.write_text(README.read_text().replace(settings_in_readme(), settings_table()))
