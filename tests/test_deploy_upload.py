"""The digest of the source: the same files give the same, any change another; and it is of what gcloud uploads."""

import shutil
from pathlib import Path

import pytest

from functions.handoff.errors import ConfigError
from infra.deploy.gcloud import Cloud
from infra.deploy.upload import check_place, digest_of, files_for_upload
from tests.deploy_project import FakeGcloud

ROOT = Path(__file__).parents[1]
needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, content in {"main.py": "x = 1\n", "functions/a.py": "", "functions/b.py": "y\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


FILES = ["functions/a.py", "functions/b.py", "main.py"]


def test_the_digest_does_not_change_with_order_or_time(source: Path) -> None:
    before = digest_of(source, FILES)
    (source / "main.py").touch()

    assert digest_of(source, FILES[::-1]) == before
    assert len(before) == 40
    assert before.isalnum()
    assert before == before.lower()  # a label's value


def test_the_digest_changes_with_each_byte_name_and_file(source: Path) -> None:
    digests = {digest_of(source, FILES), digest_of(source, FILES[1:])}
    (source / "main.py").write_text("x = 2\n")
    digests.add(digest_of(source, FILES))
    (source / "functions/a.py").rename(source / "functions/c.py")
    digests.add(digest_of(source, ["functions/b.py", "functions/c.py", "main.py"]))

    assert len(digests) == 4


def test_content_can_t_pass_for_a_name(source: Path) -> None:
    (source / "functions/a.py").write_text("functions/b.pyZ")
    (source / "functions/b.py").write_text("")
    one = digest_of(source, FILES[:2])
    (source / "functions/a.py").write_text("")
    (source / "functions/b.py").write_text("Zfunctions/b.py")

    assert digest_of(source, FILES[:2]) != one


def test_files_are_read_from_gcloud() -> None:
    gcloud = FakeGcloud()
    gcloud.answers["list-files-for-upload",] = "main.py\nfunctions/a b.py\n\n"

    assert files_for_upload(Cloud("p", {}, run=gcloud), Path()) == ["functions/a b.py", "main.py"]


@needs_gcloud
def test_only_what_the_functions_run_on_is_uploaded(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    for name in ("main.py", "requirements.txt", ".gcloudignore", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    for name in (
        "settings.env",
        ".env",
        "functions/.DS_Store",
        "functions/handoff/.secret",
        "tests/x.py",
        "functions/x.pyc",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "functions/settings").mkdir()
    (tmp_path / "functions/settings/messages.json").write_text("{}")

    sent = files_for_upload(Cloud("p", {"CLOUDSDK_CONFIG": str(tmp_path / ".c"), "PATH": _path()}), tmp_path)

    wanted = {"main.py", "requirements.txt", "functions/settings/messages.json"}
    wanted |= {str(path.relative_to(ROOT)) for path in (ROOT / "functions").rglob("*.py")}
    assert set(sent) == wanted


def _path() -> str:
    return str(Path(shutil.which("gcloud") or "").parent) + ":/usr/bin:/bin"


def test_another_folder_is_not_deployed(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"deploy from the folder that holds main.py: there is no main.py, requirements"
    ):
        check_place(tmp_path)
    check_place(ROOT)
