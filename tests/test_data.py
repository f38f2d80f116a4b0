"""The readers: synthetic files of every format, and every way in which a file can be wrong."""

import gzip
import sys

import numpy as np
import pytest

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


@pytest.mark.parametrize("held_out", [0.0, 1.0, -0.2, 1.5])
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
        ("train-labels-idx1-ubyte", idx(LABELS + 3), "expected labels 0 to 9, got 10 for sample 7"),
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
