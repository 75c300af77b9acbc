"""Files are written whole or not at all, whatever comes between, and links and devices survive."""

import errno
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from sheetgd.cli.arguments import target_of
from sheetgd.cli.main import main
from sheetgd.errors import OutputError
from sheetgd.files import keep_bytes, keep_text, write_whole
from tests.support import disks

ROOT = Path(__file__).resolve().parents[1]
TEMPORARY = re.compile(r"\.sheetgd-[0-9a-f]{16}\.tmp")
posix = pytest.mark.skipif(os.name != "posix", reason="only there")


def sheetgd(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401  those of run
    """The command in a process of its own."""
    command = [sys.executable, "-m", "sheetgd", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def refused(path: Path, content: bytes = b"new", *, force: bool = False) -> str:
    """The one line that says why a file is not written."""
    with pytest.raises(OutputError) as caught:
        keep_bytes(content, path, force=force)
    text = str(caught.value)
    assert "\n" not in text.replace(str(path), "")
    return text


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.rglob("*"))


# Ended in the midst


def endings(folder: Path, by: str, points: int) -> tuple[dict[str, list[str]], list[Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.endings", str(folder), by, str(points)],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len({(each["case"], each["number"]) for each in found["endings"]}) == points
    return found["points"], found["endings"]


def in_order(points: list[str], *wanted: str) -> bool:
    """Whether some points come in this order, others between them or not."""
    rest = iter(points)
    return all(each in rest for each in wanted)


@pytest.mark.slow
@posix
def test_killed_at_a_hundred_points_a_build_leaves_the_old_file_or_the_new_one(
    tmp_path: Path,
) -> None:
    whole, found = endings(tmp_path, "SIGKILL", 100)
    for case, before in (("fresh", "none"), ("replaced", "old")):
        ended = [each for each in found if each["case"] == case]
        assert {each["status"] for each in ended} == {-signal.SIGKILL}
        # Both were seen, so there is something to tell apart; and never anything else.
        assert [each["found"] for each in ended].count("new") >= 5
        assert {each["found"] for each in ended} == {before, "new"}
        # Once it is there, it stays.
        order = [each["found"] for each in sorted(ended, key=lambda each: int(each["number"]))]
        assert order == sorted(order, key=["none", "old", "new"].index)
        for each in ended:
            assert len(each["beside"]) <= 1
            assert all(TEMPORARY.fullmatch(name) for name in each["beside"])
        assert whole[case].count("row") > 50
    # On the disk before it has its name, and the name on the disk after that.
    synced, last = ("before fsync", "after fsync"), ("before fsync", "after fsync")
    assert in_order(whole["fresh"], *synced, "os.link", "after link", *last)
    assert in_order(whole["replaced"], *synced, "os.rename", "after replace", *last)


@pytest.mark.slow
@posix
def test_ended_in_order_at_any_point_a_build_leaves_nothing_else(tmp_path: Path) -> None:
    _, found = endings(tmp_path, "SIGTERM", 40)
    for case, before in (("fresh", "none"), ("replaced", "old")):
        ended = [each for each in found if each["case"] == case]
        assert {each["status"] for each in ended} == {128 + signal.SIGTERM}
        assert {each["found"] for each in ended} == {before, "new"}
        for each in ended:
            assert each["beside"] == each["elsewhere"] == []
            assert each["folder"] == (each["found"] != "none")


@posix
@pytest.mark.parametrize(("by", "number"), [("SIGHUP", 129), ("SIGTERM", 143)])
def test_signals_end_the_command_with_their_code(by: str, number: int) -> None:
    code = (
        "import os, signal, sheetgd.cli.lessons as lessons, sheetgd.cli.main as cli\n"
        # The tests themselves may run where it is ignored.
        f"signal.signal(signal.{by}, signal.SIG_DFL)\n"
        f"lessons.run = lambda _: os.kill(os.getpid(), signal.{by})\n"
        "cli.run_and_exit()"
    )
    command = [sys.executable, "-c", code, "lessons"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (number, "")


@posix
def test_nohup_is_respected() -> None:
    code = (
        "import os, signal, sheetgd.cli.lessons as lessons, sheetgd.cli.main as cli\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "lessons.run = lambda _: os.kill(os.getpid(), signal.SIGHUP) or 0\n"
        "cli.run_and_exit()"
    )
    assert subprocess.run([sys.executable, "-c", code, "lessons"], check=False).returncode == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError(28, "full"), SystemExit])
def test_what_ends_the_writing_leaves_nothing(
    tmp_path: Path, error: BaseException | type[BaseException]
) -> None:
    def save(stream: IO[bytes]) -> None:
        stream.write(b"half of it")
        raise error

    kept = tmp_path / "kept"
    kept.mkdir()
    for path in (tmp_path / "file", tmp_path / "made" / "deep" / "file", kept / "made" / "file"):
        with pytest.raises((OutputError, KeyboardInterrupt, MemoryError, SystemExit)):
            write_whole(path, save, same=lambda *_: False)
    assert names(tmp_path) == ["kept"]


# Disks that are full, read-only, or gone


@pytest.mark.slow
def test_full_and_read_only_disks(tmp_path: Path) -> None:
    before = disks.alone()
    if not before:
        pytest.skip("no disks may be mounted here")
    command = [*before, sys.executable, "-m", "tests.support.disks", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 3 * (len(disks.SIZES) + 1)
    for each in found:
        why = "Read-only file system" if each["size"] > disks.SIZES[-1] else "No space left"
        assert each["code"] == 2
        assert each["said"].count("\n") == 1
        assert why in each["said"]
        assert each["left"] == ["old.xlsx"]
        assert each["old"]


@posix
def test_a_file_may_be_no_larger(tmp_path: Path) -> None:
    old = tmp_path / "book.xlsx"
    old.write_bytes(b"old")
    command = 'ulimit -f 100; exec "$0" -m sheetgd build parabola -q --force -o "$1"'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, old], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"sheetgd: {old}: cannot be written (File too large)")
    assert done.stderr.count("\n") == 1
    assert (names(tmp_path), old.read_bytes()) == (["book.xlsx"], b"old")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("step", ["fsync", "link", "replace"])
def test_a_disk_that_fails_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, step: str
) -> None:
    path = tmp_path / "file"
    if step == "replace":
        path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, fail)
    if step == "link":
        # As on a disk without links: the next best way is gone, too.
        monkeypatch.setattr(os, "rename", fail)
    assert os.strerror(number) in refused(path, force=True)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"old"] * (step == "replace")


def test_a_folder_that_goes_while_it_is_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def save(_: IO[bytes]) -> None:
        for each in folder.iterdir():
            each.rename(tmp_path / "moved")
        folder.rmdir()

    with pytest.raises(OutputError, match="No such file or directory"):
        write_whole(folder / "file", save, same=lambda *_: False)
    assert not folder.exists()


def test_a_disk_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", fail)
    assert keep_text("new", tmp_path / "file")
    assert not keep_text("new", tmp_path / "file")
    assert "force=True" in refused(tmp_path / "file", b"newer")
    assert (names(tmp_path), (tmp_path / "file").read_text()) == (["file"], "new")


@posix
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        assert "Permission denied" in refused(tmp_path / "locked" / "file")
        return
    # Permissions do not bind the superuser, who can become somebody whom they do.
    code = (
        "import os, sys, sheetgd.cli.script\nfrom sheetgd.cli.main import main\n"
        "os.setuid(65534)\nsys.exit(main(sys.argv[1:]))"
    )
    tmp_path.chmod(0o755)
    path = tmp_path / "file"
    command = [sys.executable, "-c", code, "script", "-o", str(path)]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if "sheetgd:" not in done.stderr:
        pytest.skip("this place cannot be seen by anybody else")
    assert done.returncode == 2
    assert "Permission denied" in done.stderr
    assert done.stderr.count("\n") == 1
    assert names(tmp_path) == []


def test_an_immutable_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    try:
        done = subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode
    except OSError:
        done = 1
    if done:
        pytest.skip("files cannot be made immutable here")
    try:
        refused(path, force=True)
        assert names(tmp_path) == ["file"]
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


# Two at once


def race(path: Path, *, force: bool, count: int = 4, size: int = 300_000) -> list[int]:
    """Processes that write different files to one place at the same moment; their exit codes."""
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from sheetgd.errors import OutputError\nfrom sheetgd.files import keep_bytes\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        "try:\n"
        "    for _ in range(10 if sys.argv[3] else 1):\n"
        "        keep_bytes(sys.argv[1].encode() * int(sys.argv[4]), Path(sys.argv[2]),\n"
        "                   force=bool(sys.argv[3]))\n"
        "except OutputError as error:\n"
        "    assert 'a different file' in str(error)\n    sys.exit(2)\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(number), path, "yes" * force, str(size)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(count)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    if force:
        while any(process.poll() is None for process in processes):
            if path.exists():
                # Whole, at every moment that anybody looks.
                content = path.read_bytes()
                assert len(content) == size
                assert content == content[:1] * size
    for process in processes:
        process.communicate()
    return [process.returncode for process in processes]


def test_of_several_at_once_one_wins_and_the_others_say_so(tmp_path: Path) -> None:
    path = tmp_path / "file"
    codes = race(path, force=False)
    assert sorted(codes) == [0, 2, 2, 2]
    winner = str(codes.index(0)).encode()
    assert path.read_bytes() == winner * 300_000
    assert names(tmp_path) == ["file"]


def test_of_several_at_once_by_force_each_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert race(path, force=True) == [0, 0, 0, 0]
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("moment", ["while it is written", "just before it gets its name"])
def test_a_file_that_appears_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = tmp_path / "file"

    def appear(content: bytes) -> None:
        path.unlink(missing_ok=True)
        path.write_bytes(content)

    def attempt(theirs: bytes) -> bool:
        path.unlink(missing_ok=True)
        link = os.link

        def late(*given: Path) -> None:
            appear(theirs)
            link(*given)

        def save(stream: IO[bytes]) -> None:
            stream.write(b"ours")
            if moment == "while it is written":
                appear(theirs)

        if moment != "while it is written":
            monkeypatch.setattr(os, "link", late)
        try:
            return write_whole(path, save, same=lambda a, b: a.read_bytes() == b.read_bytes())
        finally:
            monkeypatch.undo()

    assert attempt(b"ours") is False
    with pytest.raises(OutputError, match="force=True"):
        attempt(b"theirs")
    assert (names(tmp_path), path.read_bytes()) == (["file"], b"theirs")


def test_a_build_may_replace_its_own_data(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    assert main(["build", "parabola", "-q", "-o", str(book)]) == 0
    again = ["build", "--data", str(book), "--sheet", "Epochs", "--range", "B6:C12", "-q"]
    again += ["--no-header", "--capacity", "2", "--epochs", "1", "-o", str(book)]
    assert main(again) == 2
    assert main([*again, "--force"]) == 0
    assert names(tmp_path) == ["book.xlsx"]


# Links, permissions, devices


@pytest.fixture
def linked(tmp_path: Path) -> Callable[[str, str], Path]:
    def make(name: str, to: str) -> Path:
        path = tmp_path / name
        try:
            path.symlink_to(to)
        except OSError:
            pytest.skip("this user may not make links")
        return path

    return make


def test_a_link_is_followed(tmp_path: Path, linked: Callable[[str, str], Path]) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "file"
    real.write_bytes(b"old")
    link = linked("link", "twice")
    linked("twice", "real/file")
    assert "force=True" in refused(link)
    assert keep_bytes(b"new", link, force=True)
    assert not keep_bytes(b"new", link)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert names(tmp_path) == ["file", "link", "real", "twice"]
    # One that points nowhere yet is a name for the file that it points at.
    dangling = linked("dangling", "later/file")
    assert keep_bytes(b"first", dangling)
    assert dangling.is_symlink()
    assert (tmp_path / "later" / "file").read_bytes() == b"first"


def test_links_that_lead_nowhere(tmp_path: Path, linked: Callable[[str, str], Path]) -> None:
    linked("a", "b")
    linked("b", "a")
    assert "cannot be written" in refused(tmp_path / "a", force=True)
    assert "that is a folder" in refused(linked("folder", "."), force=True)
    (tmp_path / "file").write_bytes(b"old")
    assert "Not a directory" in refused(linked("into", "file/deeper"), force=True)
    assert names(tmp_path) == ["a", "b", "file", "folder", "into"]


@posix
def test_other_names_of_a_file_keep_the_old_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"old")
    os.link(one, other)
    assert keep_bytes(b"new", one, force=True)
    assert (one.read_bytes(), other.read_bytes()) == (b"new", b"old")


@posix
def test_permissions(tmp_path: Path) -> None:
    path = tmp_path / "file"
    before = os.umask(0o027)
    try:
        keep_bytes(b"old", path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    seen = []

    def save(stream: IO[bytes]) -> None:
        seen.append(stat.S_IMODE(os.fstat(stream.fileno()).st_mode))

    if os.geteuid() == 0:
        os.chown(path, 65534, 65533)
    assert write_whole(path, save, same=lambda *_: False, force=True)
    found = path.stat()
    assert (seen, stat.S_IMODE(found.st_mode)) == ([0o604], 0o604)
    if os.geteuid() == 0:
        assert (found.st_uid, found.st_gid) == (65534, 65533)


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    assert "read-only" in refused(path, force=True)
    assert not keep_bytes(b"old", path, force=True)
    assert (names(tmp_path), path.read_bytes()) == (["file"], b"old")
    path.chmod(0o644)


@posix
@pytest.mark.parametrize(("name", "full"), [("null", False), ("full", True)])
def test_devices_stay_devices(tmp_path: Path, name: str, full: bool) -> None:  # noqa: FBT001  from a table
    if os.geteuid() == 0:
        # One of our own, so that a mistake does no harm.
        device = tmp_path / name
        try:
            os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 7 if full else 3))
            device.open("wb").close()
        except OSError:
            pytest.skip("devices cannot be made here")
    else:
        device = Path("/dev") / name
    if full:
        assert "No space left" in refused(device, force=True)
    else:
        assert keep_bytes(b"new", device)
        assert keep_bytes(b"newer", device)
    assert stat.S_ISCHR(device.lstat().st_mode)
    assert names(tmp_path) == [name] * (os.geteuid() == 0)


@posix
def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Open for both, so that neither side has to wait for the other.
    handle = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        assert keep_bytes(b"new" * 1000, pipe)
        assert os.read(handle, 4000) == b"new" * 1000
    finally:
        os.close(handle)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert names(tmp_path) == ["pipe"]


@posix
def test_the_standard_output_may_be_named(tmp_path: Path) -> None:
    table = ["run", "--epochs", "1", "--csv", "/dev/stdout"]
    piped = sheetgd(*table).stdout
    assert piped.startswith("epoch,m,b,")
    assert "1  2.878300747" in piped
    # Where it is a file, the shell has made that, and what is printed goes on behind.
    with (tmp_path / "file").open("w") as stream:
        command = [sys.executable, "-m", "sheetgd", *table]
        assert subprocess.run(command, stdout=stream, check=False).returncode == 0
    assert (tmp_path / "file").read_text() == piped
    assert names(tmp_path) == ["file"]


@posix
def test_an_output_that_is_full_is_told_in_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with Path("/dev/full").open("w") as stream:
        command = [sys.executable, "-m", "sheetgd", "lessons"]
        done = subprocess.run(
            command, stdout=stream, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "sheetgd: the output cannot be written (No space left on device)\n"


def test_sockets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = pytest.importorskip("socket")
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("there are none that have a name")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
        assert "a socket" in refused(Path("socket"), force=True)


# Names


@pytest.mark.parametrize("text", ["", ".", "..", "/", "folder/", "folder/.", "folder/.."])
@pytest.mark.parametrize("command", [["new"], ["script", "-o"], ["run", "--csv"], ["build", "-o"]])
def test_what_is_no_name_of_a_file(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main([*command, text])
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert f"{text!r} is not the name of a file" in said
    assert said.count("\n") == 1
    assert names(tmp_path) == []


def test_a_name_of_a_file_is_taken_as_it_is() -> None:
    for text in ("file", "folder/file", ".hidden", "two words.csv", "../file", "a\nb"):
        assert target_of(text) == Path(text)


def test_long_and_strange_names(tmp_path: Path) -> None:
    assert "too long" in refused(tmp_path / ("a" * 256))
    assert "no file can have this name" in refused(tmp_path / "a\0b")
    longest = tmp_path / ("a" * 255)
    assert keep_text("text", longest)
    assert longest.read_text() == "text"
    if sys.platform == "linux":
        strange = [os.fsdecode(b"\xff\n.csv"), "two\nlines", "-q", " "]
        for name in strange:
            assert keep_text("text", tmp_path / name)
            assert "force=True" in refused(tmp_path / name)
        assert names(tmp_path) == sorted([*strange, longest.name])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names of text alone")
def test_a_name_that_is_no_text_is_printed_all_the_same(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.gs")
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = sheetgd("script", "-o", name, cwd=tmp_path, env=strict)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("\\udcff.gs\n")
    assert names(tmp_path) == [name]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    assert "Not a directory" in refused(tmp_path / "file" / "deeper", force=True)
    assert "that is a folder" in refused(tmp_path, force=True)
