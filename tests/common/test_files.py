"""Files: whole whoever writes and whatever ends it, through links, and judged before the work for them."""

import os
import re
import stat
import subprocess
import sys
import threading
import tracemalloc
from functools import partial

import numpy as np
import pytest

from fastopt import SGD, cli
from fastopt._common import files
from fastopt._common.files import PREFIX, expect_file, holds, read_note, save_npz, whole_file
from fastopt.callbacks import Checkpoint
from fastopt.training import train


def write(path, text="new"):
    with whole_file(path) as unfinished:
        unfinished.write_text(text)


def parts(folder):
    return [name for name in os.listdir(folder) if name.startswith(PREFIX)]


# -- many at once, and killed ones ---------------------------------------------------------------------


def test_two_who_write_one_file_do_not_meet(tmp_path):
    path = tmp_path / "w.txt"
    with whole_file(path) as first, whole_file(path) as second:
        assert first != second
        assert first.name == second.name == path.name
        first.write_text("first")
        second.write_text("second")
        assert len(parts(tmp_path)) == 2  # one in use is not taken for abandoned
        assert all(stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700 for name in parts(tmp_path))
        assert not path.exists()
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["w.txt"]


def test_a_reader_finds_whole_files_whoever_writes(tmp_path):
    path = tmp_path / "w.npz"
    save_npz(path, {"w": np.zeros(1000)})
    broken = []

    def save(value):
        try:
            for _ in range(10):
                save_npz(path, {"w": np.full(1000, float(value))})
        except BaseException as error:
            broken.append(error)

    program = (
        "import sys, numpy as np; from fastopt._common.files import save_npz\n"
        "for k in range(50): save_npz(sys.argv[1], {'w': np.full(1000, -1.0)})"
    )
    threads = [threading.Thread(target=save, args=(value,)) for value in range(8)]
    with subprocess.Popen([sys.executable, "-c", program, str(path)]) as process:
        for thread in threads:
            thread.start()
        while process.poll() is None or any(thread.is_alive() for thread in threads):
            w = np.load(path)["w"]
            assert w.shape == (1000,)
            assert (w == w[0]).all()
        for thread in threads:
            thread.join()
    assert process.returncode == 0
    assert broken == []
    assert os.listdir(tmp_path) == ["w.npz"]


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    program = (
        "import os, signal, sys; from fastopt._common.files import whole_file\n"
        "with whole_file(sys.argv[1]) as unfinished:\n"
        "    unfinished.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    path = tmp_path / "w.txt"
    write(path, "old")
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert len(parts(tmp_path)) == 1
    assert path.read_text() == "old"
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "kept", target_is_directory=True)
    (tmp_path / f"{PREFIX}file").touch()
    (tmp_path / "kept").mkdir()
    write(tmp_path / "another.txt")
    assert set(parts(tmp_path)) == {f"{PREFIX}link", f"{PREFIX}file"}  # neither is one of these directories
    assert (tmp_path / "kept").is_dir()


@pytest.mark.parametrize("meddler", ["has the lock", "has removed it", "has made another"])
@pytest.mark.parametrize("moment", ["made", "opened"])
def test_a_directory_taken_for_abandoned_is_made_anew(tmp_path, monkeypatch, meddler, moment):
    """Between making and locking one, somebody else may come."""
    made, locks = [], []
    mkdtemp, flock = files.tempfile.mkdtemp, files.fcntl.flock

    def meddle(name):
        locks.append(os.open(name, os.O_RDONLY))
        if meddler == "has the lock":
            flock(locks[0], files.fcntl.LOCK_EX)
        else:
            os.rmdir(name)
        if meddler == "has made another":
            os.mkdir(name)
            if moment == "made":
                locks.append(os.open(name, os.O_RDONLY))
                flock(locks[1], files.fcntl.LOCK_EX)

    def noted(**where):
        made.append(mkdtemp(**where))
        if moment == "made" and not locks:
            meddle(made[0])
        return made[-1]

    def meddled(lock, operation):
        if moment == "opened" and not locks:
            meddle(made[0])
        flock(lock, operation)

    monkeypatch.setattr(files.tempfile, "mkdtemp", noted)
    monkeypatch.setattr(files.fcntl, "flock", meddled)
    write(tmp_path / "w.txt")
    for lock in locks:
        os.close(lock)
    assert (tmp_path / "w.txt").read_text() == "new"
    assert len(made) == 2
    assert not os.path.exists(made[1])


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_whatever_ends_the_writing_leaves_the_old_file_alone(tmp_path, error):
    path = tmp_path / "w.txt"
    path.write_text("old")

    def fail():
        with whole_file(path) as unfinished:
            unfinished.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["w.txt"]


def test_without_locks_files_are_written_all_the_same(tmp_path, monkeypatch):
    def refuse(file, operation):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files.fcntl, "flock", refuse)
    (tmp_path / f"{PREFIX}0").mkdir()
    write(tmp_path / "w.txt")
    assert set(os.listdir(tmp_path)) == {"w.txt", f"{PREFIX}0"}  # nobody knows whether it is in use


# -- permissions, links, what is no file ------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000, 0o027])
def test_a_new_file_has_the_permissions_of_open(tmp_path, umask):
    before = os.umask(umask)
    try:
        write(tmp_path / "a")
        (tmp_path / "b").write_text("")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_hands_its_permissions_on(tmp_path, mode):
    path = tmp_path / "w.txt"
    path.touch()
    path.chmod(mode)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("target", ["there.txt", "new.txt", "below/there.txt", "link.txt"])
def test_links_are_followed(tmp_path, target):
    (tmp_path / "below").mkdir()
    (tmp_path / "link.txt").symlink_to("there.txt")
    (tmp_path / "there.txt").write_text("old")
    path = tmp_path / "w.txt"
    path.symlink_to(target)
    expect_file("path", path)
    write(path)
    assert path.is_symlink()
    assert path.read_text() == (tmp_path / target).read_text() == "new"


def cannot_be_written(folder):
    """Return paths to which no file can be written, not even by root, with what is said about them."""
    links = {"ring": "ring.npz", "dangling": "no/such/w.npz", "foreign": "/proc/w.npz", "to_dir": "."}
    for name, target in links.items():
        (folder / f"{name}.npz").symlink_to(target)
    os.mkfifo(folder / "pipe.npz")
    (folder / "dir.npz").mkdir()
    (folder / "file").touch()
    return {
        folder / "ring.npz": "Too many levels of symbolic links",
        folder / "dangling.npz": "cannot write to .*no/such: No such file",
        folder / "foreign.npz": "cannot write to /proc: No such file",
        folder / "to_dir.npz": "expected a file, got the directory",
        folder / "pipe.npz": "a device, a pipe or a socket",
        folder / "dir.npz": "expected a file, got the directory",
        folder / "file" / "w.npz": "Not a directory",
        folder / "no" / "w.npz": "cannot write to .*no: No such file",
        folder / f"{'n' * 252}.npz": "File name too long",
    }


def test_what_cannot_be_written_is_known_before_and_left_alone(tmp_path):
    for path, message in cannot_be_written(tmp_path).items():
        before = os.listdir(tmp_path)
        with pytest.raises(OSError, match=f"^path: .*{message}"):
            expect_file("path", path)
        with pytest.raises(OSError):  # noqa: PT011
            save_npz(path, {"w": np.zeros(1)})
        assert os.listdir(tmp_path) == before
    assert (tmp_path / "pipe.npz").is_fifo()
    with pytest.raises(ValueError, match=r"path: .*null"):
        expect_file("path", tmp_path / "a\0.npz")


def test_the_longest_name_there_is_can_be_written(tmp_path):
    path = tmp_path / f"{'n' * 251}.npz"
    expect_file("path", path)
    save_npz(path, {"w": np.ones(1)})
    assert np.load(path)["w"] == 1


def test_the_file_of_somebody_else_in_a_directory_for_all(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    path.touch()
    tmp_path.chmod(0o1777)
    expect_file("path", path)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(OSError, match=r"path: cannot write .*w.npz: Operation not permitted"):
        expect_file("path", path)
    expect_file("path", tmp_path / "new.npz")
    tmp_path.chmod(0o777)
    expect_file("path", path)


def fit(params, path):
    """Train with a checkpoint that is refused before the first step."""
    steps = []

    def loss_and_grads(params, x):
        steps.append(1)
        return 1.0, params

    options = {"epochs": 1, "callbacks": Checkpoint(path), "progress": False}
    try:
        train(loss_and_grads, params, np.ones((1, 1)), partial(SGD, lr=0.1), **options)
    finally:
        assert not steps


def test_a_checkpoint_knows_before_the_first_step(tmp_path):
    for path, message in cannot_be_written(tmp_path).items():
        with pytest.raises(OSError, match=message):
            fit(np.zeros(1), path)
    for names, message in NAMES_LOST:
        with pytest.raises(ValueError, match=f"params: .*{message}"):
            fit({name: np.zeros(1) for name in names}, tmp_path / "w.npz")


@pytest.mark.parametrize(
    "argv",
    [
        ["train", "--checkpoint", "FILE.npz"],
        ["compare", "--out", "FILE.png"],
        ["landscape", "--out", "FILE.png"],
        ["landscape", "--animate", "FILE.gif"],
        ["bench", "--json", "FILE.json"],
    ],
    ids=" ".join,
)
def test_commands_know_before_they_begin(tmp_path, capsys, argv):
    *command, file = argv
    for name, target in (("link", "/proc/x"), ("n" * 255, None), ("ring", "ring")):
        path = tmp_path / file.replace("FILE", name)
        if target:
            path.symlink_to(f"{target}{path.suffix}")
        assert cli.main([*command, str(path)]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert f"{command[-1]}: cannot write" in err


@pytest.mark.parametrize("file", ["weights.npz", "history.json", "history.csv", "curves.png"])
def test_a_directory_of_results_knows_before_it_begins(tmp_path, capsys, file):
    (tmp_path / file).mkdir()
    assert cli.main(["train", "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"--out: expected a file, got the directory {tmp_path / file}" in err
    assert os.listdir(tmp_path) == [file]


# -- the names of arrays ---------------------------------------------------------------------------------


NAMES_LOST = [
    (["a\0b"], "without a NUL, got 'a.x00b'"),
    (["\0"], "without a NUL"),
    (["W", "W.npy"], "tells apart, got 'W' and 'W.npy'"),
    (["b.npy.npy", "W", "b.npy"], "tells apart, got 'b.npy' and 'b.npy.npy'"),
    (["", ".npy"], "tells apart, got '' and '.npy'"),
    (["\ud800"], "names in Unicode"),
    (["x" * 65532], "at most 65531 bytes"),
    (["é" * 32766], "at most 65531 bytes"),
]


@pytest.mark.parametrize(("names", "message"), NAMES_LOST, ids=lambda value: ascii(value)[:20])
def test_names_that_would_be_lost_are_refused(tmp_path, names, message):
    path = tmp_path / "w.npz"
    save_npz(path, {"old": np.zeros(1)})
    with pytest.raises(ValueError, match=f"^arrays: .*{message}"):
        save_npz(path, {name: np.zeros(1) for name in names})
    assert np.load(path).files == ["old"]
    assert os.listdir(tmp_path) == ["w.npz"]


@pytest.mark.parametrize(
    "names",
    [
        ["W", "w", "W.NPY", ".W"],
        ["W.npy", "file", "arr_0", "allow_pickle"],
        ["", " ", ".", "..", "/", "/abs", "../up", "a/b", "a/", "\\", "a:b", "\n"],
        ["é", "e\u0301", "日本", "\U0001f600"],
        ["x" * 65531],
    ],
    ids=lambda names: ascii(names)[:20],
)
def test_all_other_names_come_back(tmp_path, names):
    arrays = {name: np.full(2, float(k)) for k, name in enumerate(names)}
    save_npz(tmp_path / "w.npz", arrays)
    loaded = dict(np.load(tmp_path / "w.npz"))
    assert list(loaded) == names
    assert all((loaded[name] == arrays[name]).all() for name in names)


RECURSIVE: list = []
RECURSIVE.append(RECURSIVE)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([np.zeros(1)], "arrays: expected a mapping of names to arrays, got list"),
        (None, "arrays: expected a mapping of names to arrays, got NoneType"),
        ({0: np.zeros(1)}, r"arrays: expected texts as names, got 0 \(int\)"),
        ({b"W": np.zeros(1)}, r"arrays: expected texts as names, got b'W' \(bytes\)"),
        ({"W": np.array([None])}, r"arrays\['W'\]: expected an array without Python objects, got object"),
        ({"W": [[1.0], [1.0, 2.0]]}, r"arrays\['W'\]: expected an array, got list"),
        ({"W": RECURSIVE}, r"arrays\['W'\]: expected an array, got list"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_no_mapping_of_arrays_is_refused(tmp_path, arrays, message):
    with pytest.raises(TypeError, match=re.compile(message)):
        save_npz(tmp_path / "w.npz", arrays)
    assert os.listdir(tmp_path) == []


# -- what is in the way ---------------------------------------------------------------------------------


def test_a_broken_file_is_read_as_none(tmp_path):
    path, arrays = tmp_path / "w.npz", {"w": np.zeros(3)}
    np.savez_compressed(path, **arrays)
    good = path.read_bytes()
    assert holds(path, arrays)
    assert not holds(path, {"w": np.ones(3)})
    assert not holds(path, {"v": np.zeros(3)})
    for place in range(len(good)):
        for byte in (0, 0xFF):
            path.write_bytes(good[:place] + bytes([byte]) + good[place + 1 :])
            assert holds(path, arrays) in (True, False)
            assert isinstance(read_note(path), str)
    assert not holds(tmp_path / "nothing", arrays)


def test_what_a_file_unpacks_to_takes_no_memory(tmp_path):
    path = tmp_path / "w.npz"
    np.savez_compressed(path, w=np.zeros(10**6))
    tracemalloc.start()
    try:
        assert not holds(path, {"w": np.zeros(3)})
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


BROKEN = {
    "packed data": lambda good: good.replace(good[40:44], b"\xff" * 4, 1),
    "version": lambda good: good.replace(b"PK\x01\x02\x2d\x03\x2d", b"PK\x01\x02\x2d\x03\xff"),
    "method": lambda good: good.replace(b"\x08\x00", b"\x63\x00"),
    "secret": lambda good: good.replace(b"\x2d\x00\x00\x00\x08\x00", b"\x2d\x00\x01\x00\x08\x00"),
    "note": lambda good: good[:-2] + b"\x05\x00" + b"\xff" * 5,
    "number": lambda good: good[:-2] + b"\x05\x00" + b"[[[[[",
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_checkpoint_replaces_a_broken_file(tmp_path, how):
    path, w = tmp_path / "w.npz", np.zeros(1)
    np.savez_compressed(path, params=w)
    good = path.read_bytes()
    path.write_bytes(BROKEN[how](good))
    assert path.read_bytes() != good
    train(
        lambda w, x: (1.0, np.ones(1)), w, np.zeros((2, 1)), SGD, epochs=1, callbacks=Checkpoint(path),
        progress=False,
    )  # fmt: skip
    with np.load(path) as file:
        assert file["params"] == w
