"""The readers: synthetic files of every format, and every way in which a file can be wrong."""

import gzip
import math
import sys
import tracemalloc
from functools import partial

import numpy as np
import pytest

from absurd import ABSURD, DEEP, RECURSIVE, shown
from fastopt import data

RNG = np.random.default_rng(0)


def idx(array, magic=None):
    """Return the bytes of an IDX file."""
    header = [0x0800 + array.ndim if magic is None else magic, *array.shape]
    return b"".join(n.to_bytes(4, "big") for n in header) + array.astype(np.uint8).tobytes()


IMAGES = RNG.integers(256, size=(12, 4, 3))
LABELS = np.arange(12) % 10
T10K_IMAGES, T10K_LABELS = IMAGES[:5] // 2, LABELS[:5][::-1]


@pytest.fixture
def fashion(tmp_path):
    """Return a directory with four small IDX files."""
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(T10K_IMAGES))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(T10K_LABELS))
    return tmp_path


def cifar_batch(number, records=3):
    """Return labels, pixels and the bytes of a batch."""
    rng = np.random.default_rng(number)
    labels, pixels = rng.integers(10, size=records), rng.integers(256, size=(records, 3072))
    return labels, pixels, np.column_stack([labels, pixels]).astype(np.uint8).tobytes()


CIFAR_FILES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


@pytest.fixture
def cifar(tmp_path):
    """Return a directory with six small CIFAR-10 batches."""
    for number, name in enumerate(CIFAR_FILES):
        (tmp_path / name).write_bytes(cifar_batch(number)[2])
    return tmp_path


def check_fashion(dataset, dtype=np.float32):
    np.testing.assert_array_equal(dataset.x_train, IMAGES.reshape(12, 12).astype(dtype) / dtype(255))
    np.testing.assert_array_equal(dataset.x_test, T10K_IMAGES.reshape(5, 12).astype(dtype) / dtype(255))
    np.testing.assert_array_equal(dataset.y_train, LABELS)
    np.testing.assert_array_equal(dataset.y_test, T10K_LABELS)
    assert dataset.x_train.dtype == dataset.x_test.dtype == dtype
    assert dataset.y_train.dtype.kind == "i"
    assert (dataset.n_features, len(dataset.classes)) == (12, 10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_digits(dtype):
    dataset = data.load("digits", dtype=dtype)
    assert dataset.x_train.shape == (1438, 64)
    assert dataset.x_test.shape == (359, 64)
    assert dataset.x_train.dtype == dtype
    assert dataset.x_train.min() == 0
    assert dataset.x_train.max() == 1
    assert set(dataset.y_train) == set(dataset.y_test) == set(range(10))


def test_digits_are_split_by_the_seed_and_none_is_lost():
    first, again, other = data.digits(seed=1), data.digits(seed=1), data.digits(seed=2)
    np.testing.assert_array_equal(first.x_test, again.x_test)
    np.testing.assert_array_equal(first.y_train, again.y_train)
    assert not np.array_equal(first.x_test, other.x_test)
    rows = [np.sort(np.concatenate([d.x_train, d.x_test]).sum(axis=1)) for d in (first, other)]
    np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize("held_out", [0.0, 1.0, -0.2, 1.5, math.nan, math.inf, 1e-9, 10**400])
def test_digits_held_out(held_out):
    with pytest.raises(ValueError, match="held_out: expected a share between 0 and 1, got"):
        data.digits(held_out=held_out)


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r'scikit-learn: pip install "fastopt\[train\]"'):
        data.digits()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fashion_mnist(fashion, dtype):
    check_fashion(data.load(f"fashion-mnist:{fashion}", dtype=dtype), dtype)


def test_fashion_mnist_gzipped_and_dotted(fashion):
    for file in list(fashion.iterdir()):
        packed = fashion / (file.name.replace("-idx", ".idx") + ".gz")
        packed.write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    check_fashion(data.fashion_mnist(fashion))


def test_gzip_is_told_by_content(fashion):
    file = fashion / "train-images-idx3-ubyte"
    file.write_bytes(gzip.compress(file.read_bytes()))
    labels = fashion / "train-labels-idx1-ubyte"
    labels.rename(fashion / "train-labels-idx1-ubyte.gz")
    check_fashion(data.fashion_mnist(fashion))


def test_read_idx_by_hand(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 9, 8, 7, 6, 5, 255]))
    np.testing.assert_array_equal(data.read_idx(path, 3), [[[9, 8, 7]], [[6, 5, 255]]])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte", idx(LABELS), r"magic number 2051 \(0x00000803.*got 2049"),
        ("train-labels-idx1-ubyte", idx(IMAGES), r"magic number 2049 \(0x00000801.*got 2051"),
        ("t10k-images-idx3-ubyte", idx(IMAGES, magic=0x0D03), "2051 .*got 3331"),
        ("t10k-images-idx3-ubyte", b"<html>not found</html>", r"2051 .*\(0x3c68746d\)"),
        ("train-images-idx3-ubyte", b"", "2051 .*got 0 bytes in all"),
        ("train-images-idx3-ubyte", idx(IMAGES)[:10], r"expected \d+ bytes .*got 10: truncated"),
        ("train-images-idx3-ubyte", idx(IMAGES)[:-1], r"160 bytes for shape \(12, 4, 3\), got 159"),
        ("train-labels-idx1-ubyte", idx(LABELS) + b"!", "20 bytes .*got 21: something follows"),
        ("train-labels-idx1-ubyte", idx(LABELS[:-1]), "expected 12 labels, .*-images.*got 11"),
        ("train-labels-idx1-ubyte", idx(LABELS) + bytes(999), "20 bytes .*got 1019: something follows"),
        ("train-labels-idx1-ubyte", gzip.compress(idx(LABELS) + b"!!"), "got at least 21: something follows"),
        ("train-labels-idx1-ubyte", gzip.compress(idx(LABELS)) + b"!!", "expected a whole gzip file"),
        ("t10k-images-idx3-ubyte", idx(IMAGES[:0]), r"at least one image, got shape \(0, 4, 3\)"),
        ("t10k-images-idx3-ubyte", gzip.compress(idx(IMAGES))[:-12], "expected a whole gzip file"),
        ("t10k-images-idx3-ubyte", b"\x1f\x8b\x08 broken", "expected a whole gzip file"),
        (
            "t10k-images-idx3-ubyte",
            gzip.compress(idx(IMAGES), mtime=0)[:20] + b"\xff" * 9,
            "expected a whole gzip file",
        ),
    ],
)
def test_wrong_idx_files(fashion, name, content, message):
    (fashion / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        data.fashion_mnist(fashion)
    assert str(caught.value).startswith(str(fashion / name))


@pytest.mark.parametrize("labels", [np.arange(1, 13) + 14, np.arange(12) * 5, np.full(12, 255)])
def test_more_than_ten_classes(fashion, labels):
    """EMNIST's letters are 1 to 26, other parts of it go up to 61; classes have the numbers of the labels."""
    (fashion / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    dataset = data.load(f"fashion-mnist:{fashion}")
    np.testing.assert_array_equal(dataset.y_train, labels)
    np.testing.assert_array_equal(dataset.y_test, T10K_LABELS)
    assert dataset.classes == tuple(str(k) for k in range(labels.max() + 1))
    assert str(dataset).startswith(f"{fashion.name}: 12 training and 5 held-out samples")


def test_a_class_of_the_held_out_samples_alone(fashion):
    (fashion / "t10k-labels-idx1-ubyte").write_bytes(idx(T10K_LABELS + 40))
    dataset = data.fashion_mnist(fashion)
    assert len(dataset.classes) == 45
    assert dataset.y_test.max() == 44


def header(*shape):
    return b"".join(n.to_bytes(4, "big") for n in (0x0800 + len(shape), *shape))


MOST = 2**32 - 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header(2, 4, 3), "expected 40 bytes for shape .*got at least 41: something follows the data"),
        (header(MOST, MOST, MOST), "got 33554448: truncated"),
        (header(40, 1024, 1024), "got 33554448: truncated"),
        (header(0, MOST, MOST), "expected 16 bytes for shape .*got at least 17: something follows"),
    ],
    ids=["says less", "says absurdly more", "says more", "says nothing"],
)
def test_a_packed_file_takes_no_memory_before_it_is_right(tmp_path, content, message):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(content + bytes(1 << 25), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=f"x.gz: .*{message}"):
            data.read_idx(path, 3)
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_headers_that_nothing_can_follow(tmp_path, pack):
    path = tmp_path / "x"
    path.write_bytes(pack(header(MOST, MOST, MOST)))
    with pytest.raises(ValueError, match="got 16: truncated"):
        data.read_idx(path, 3)
    path.write_bytes(pack(header(0, 7)))
    assert data.read_idx(path, 2).shape == (0, 7)
    path.write_bytes(pack(header(0, *[MOST] * 5)))
    with pytest.raises(ValueError, match="x: expected 0 bytes for shape"):
        data.read_idx(path, 6)


def test_a_packed_batch_of_cifar_is_read_as_far_as_it_may_go(cifar):
    path = cifar / "test_batch.bin"
    path.write_bytes(gzip.compress(bytes(3073 * 10_001), compresslevel=1))
    with pytest.raises(ValueError, match=r"at most 10000 times, got more than 30730000"):
        data.cifar10(cifar)
    path.write_bytes(gzip.compress(bytes(3073 * 10_000), compresslevel=1))
    assert len(data.cifar10(cifar).x_test) == 10_000


@pytest.mark.parametrize(
    "dtype",
    [
        *(
            complex,
            np.complex64,
            np.float16,
            np.longdouble,
            int,
            bool,
            object,
            "<U3",
            ">f4",
            "f4,f4",
            None,
            7,
        ),
        *(RECURSIVE, 10**400, "float33", "(", np.zeros(2), type, [("x", float)]),
    ],
    ids=shown,
)
def test_other_dtypes_are_refused(fashion, cifar, dtype):
    for load in (
        data.digits,
        partial(data.load, "digits"),
        partial(data.fashion_mnist, fashion),
        partial(data.cifar10, cifar),
    ):
        with pytest.raises(TypeError, match=r"^dtype: expected float32 or float64, got "):
            load(dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "f8", float, np.float64, np.dtype("f4")])
def test_names_of_the_two_dtypes(dtype):
    assert data.digits(dtype=dtype).x_train.dtype == dtype


@pytest.mark.parametrize("absurd", [a for a in ABSURD if a != "x"], ids=shown)
def test_absurd_arguments(absurd):
    for call, name in (
        (data.load, "data: expected digits, fashion-mnist:DIR or cifar10:DIR"),
        (data.fashion_mnist, "directory: expected a path"),
        (data.cifar10, "directory: expected a path"),
        (partial(data.read_idx, ndim=1), "path: expected a path"),
    ):
        with pytest.raises(TypeError, match=f"^{name}"):
            call(absurd)


@pytest.mark.parametrize("name", ["seed", "held_out"])
@pytest.mark.parametrize("absurd", [1j, b"x", RECURSIVE, DEEP, {}, "1", -1, np.zeros(2)], ids=shown)
def test_absurd_numbers(name, absurd):
    with pytest.raises((TypeError, ValueError), match=f"^{name}: expected "):
        data.digits(**{name: absurd})


@pytest.mark.parametrize("ndim", [0, -1, 33, 256, 10**400, True, 1.0, "1"])
def test_absurd_numbers_of_dimensions(tmp_path, ndim):
    with pytest.raises((TypeError, ValueError), match=r"^ndim: expected"):
        data.read_idx(tmp_path / "x", ndim)


def test_images_of_two_sizes(fashion):
    (fashion / "t10k-images-idx3-ubyte").write_bytes(idx(IMAGES[:5, :2]))
    with pytest.raises(ValueError, match=r"one size, got 12 pixels in the training .* and 6 in"):
        data.fashion_mnist(fashion)


@pytest.mark.parametrize("name", ["train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"])
def test_missing_idx_file(fashion, name):
    (fashion / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name}: no such file, plain or .gz"):
        data.fashion_mnist(fashion)


def test_cifar10(cifar):
    dataset = data.load(f"cifar10:{cifar}", dtype=np.float64)
    expected = [cifar_batch(number) for number in range(6)]
    np.testing.assert_array_equal(dataset.x_train, np.concatenate([b[1] for b in expected[:5]]) / 255)
    np.testing.assert_array_equal(dataset.y_train, np.concatenate([b[0] for b in expected[:5]]))
    np.testing.assert_array_equal(dataset.x_test, expected[5][1] / 255)
    np.testing.assert_array_equal(dataset.y_test, expected[5][0])
    assert dataset.n_features == 3072
    assert dataset.classes[6] == "frog"


def test_cifar10_in_its_own_directory_and_gzipped(cifar):
    inner = cifar / "cifar-10-batches-bin"
    inner.mkdir()
    for name in CIFAR_FILES:
        (inner / f"{name}.gz").write_bytes(gzip.compress((cifar / name).read_bytes()))
        (cifar / name).unlink()
    dataset = data.cifar10(cifar)
    assert len(dataset.x_train) == 15
    assert dataset.x_train.dtype == np.float32


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a multiple of 3073 bytes .*got 0"),
        (cifar_batch(0)[2][:-1], "expected a multiple of 3073 bytes .*got 9218"),
        (cifar_batch(0)[2] + b"\x0a" + bytes(3072), "labels 0 to 9, got 10 for sample 3"),
        (gzip.compress(cifar_batch(0)[2])[:-5], "expected a whole gzip file"),
    ],
)
@pytest.mark.parametrize("name", ["data_batch_4.bin", "test_batch.bin"])
def test_wrong_cifar_files(cifar, name, content, message):
    (cifar / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        data.cifar10(cifar)
    assert str(caught.value).startswith(str(cifar / name))


@pytest.mark.parametrize("name", CIFAR_FILES)
def test_missing_cifar_file(cifar, name):
    (cifar / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name}: no such file, plain or .gz"):
        data.cifar10(cifar)


@pytest.mark.parametrize("reader", [data.fashion_mnist, data.cifar10])
def test_no_directory(reader, tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a directory, got nothing of that name"):
        reader(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match="expected a directory, got a file"):
        reader(tmp_path / "file")


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "a\0b", "n" * 300])
def test_names_that_cannot_be(name):
    for read in (data.fashion_mnist, data.cifar10, partial(data.read_idx, ndim=1)):
        with pytest.raises((OSError, ValueError)):
            read(name)


def test_home_directory(fashion, monkeypatch):
    monkeypatch.setenv("HOME", str(fashion.parent))
    check_fashion(data.load(f"fashion-mnist:~/{fashion.name}"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mnist", "expected digits, fashion-mnist:DIR or cifar10:DIR, got 'mnist'"),
        ("", "expected digits, fashion-mnist:DIR or cifar10:DIR, got ''"),
        ("digits:here", "got 'digits:here'"),
        ("fashion-mnist", "expected fashion-mnist:DIR, the directory of its files"),
        ("cifar10:", "expected cifar10:DIR, the directory of its files"),
    ],
)
def test_bad_spec(spec, message):
    with pytest.raises(ValueError, match=message):
        data.load(spec)
