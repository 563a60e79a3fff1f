"""Images as files: pixels against TensorFlow's, and files that are damaged or lie."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import tensormill as tf


def picture(channels=3, height=13, width=17):
    ramp = np.add.outer(np.arange(height) * 9, np.arange(width) * 5)[..., None]
    return ((ramp + np.arange(channels) * 40) % 256).astype(np.uint8)


def saved(kind, image=None, **options):
    file = io.BytesIO()
    image = Image.fromarray(picture()) if image is None else image
    image.save(file, kind, **options)
    return file.getvalue()


def animation():
    frames = [Image.fromarray(picture() + 20 * i).convert("P") for i in range(3)]
    return saved("GIF", frames[0], save_all=True, append_images=frames[1:])


FILES = {
    "png": saved("PNG"),
    "png grey": saved("PNG", Image.fromarray(picture(1)[..., 0])),
    "png alpha": saved("PNG", Image.fromarray(picture(4))),
    "png grey alpha": saved("PNG", Image.fromarray(picture(2))),
    "png palette": saved("PNG", Image.fromarray(picture()).convert("P")),
    "png bits": saved("PNG", Image.fromarray(picture(1)[..., 0]).convert("1")),
    "png 16": saved("PNG", Image.fromarray(picture(1)[..., 0].astype(np.uint16) * 200)),
    "jpeg": saved("JPEG", quality=90),
    "jpeg grey": saved("JPEG", Image.fromarray(picture(1)[..., 0])),
    "jpeg progressive": saved("JPEG", progressive=True, subsampling=0),
    "gif": saved("GIF", Image.fromarray(picture()).convert("P")),
    "gif animated": animation(),
    "bmp": saved("BMP"),
    "bmp alpha": saved("BMP", Image.fromarray(picture(4))),
    "bmp grey": saved("BMP", Image.fromarray(picture(1)[..., 0])),
}

DECODE = """
def outcome(make):
    tf.reset_default_graph()
    try:
        made = make()
        with tf.Session() as session:
            return [[str(made.shape)], session.run(made)]
    except (tf.errors.OpError, ValueError) as error:
        return type(error).__name__
image = tf.image
found = {}
for name, data in files.items():
    for channels in (0, 1, 3, 4):
        found[name + " png " + str(channels)] = outcome(
            lambda: image.decode_png(data, channels=channels))
        found[name + " jpeg " + str(channels)] = outcome(
            lambda: image.decode_jpeg(data, channels=channels))
        found[name + " bmp " + str(channels)] = outcome(
            lambda: image.decode_bmp(data, channels=channels))
        found[name + " any " + str(channels)] = outcome(
            lambda: image.decode_image(data, channels=channels))
    found[name + " gif"] = outcome(lambda: image.decode_gif(data))
    found[name + " float"] = outcome(lambda: image.decode_image(data, dtype=tf.float32))
    found[name + " u16"] = outcome(lambda: image.decode_png(data, dtype=tf.uint16))
    found[name + " shape"] = outcome(lambda: tf.image.extract_jpeg_shape(data))
    found[name + " part"] = outcome(lambda: image.decode_and_crop_jpeg(data, [2, 3, 5, 6]))
    found[name + " outside"] = outcome(lambda: image.decode_and_crop_jpeg(data, [9, 3, 5, 6]))
    for ratio in (2, 3, 4, 8):
        if name.startswith("jpeg"):
            found[name + " ratio " + str(ratio)] = outcome(
                lambda: image.decode_jpeg(data, ratio=ratio))
result = found
"""


@pytest.mark.oracle
def test_pixels_are_within_one_grey_level_of_tensorflow(oracle):
    theirs = oracle.run(DECODE, files=FILES)
    scope = {"tf": tf, "np": np, "files": FILES}
    exec(DECODE, scope)
    different = []
    for name, wanted in theirs.items():
        if name in ("bmp grey bmp 1", "bmp grey any 1"):
            continue  # TensorFlow 1 gives the one channel there is
        ours = scope["result"][name]
        if isinstance(wanted, str) or isinstance(ours, str):
            if ours != wanted:
                different.append(
                    (name, ours if isinstance(ours, str) else "pixels", str(wanted)[:40])
                )
            continue
        if ours[0] != wanted[0] or ours[1].shape != wanted[1].shape:
            different.append((name, ours[0], ours[1].shape, wanted[0], wanted[1].shape))
            continue
        off = np.abs(ours[1].astype(np.float64) - wanted[1].astype(np.float64)).max()
        level = {"uint8": 1, "uint16": 257, "float32": 1 / 255 + 1e-6}.get(ours[1].dtype.name, 0)
        if ours[1].dtype != wanted[1].dtype or off > level:
            different.append((name, off, ours[1].dtype, wanted[1].dtype))
    assert not different, "\n".join(map(str, different))


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_files_hold_every_pixel(channels, dtype):
    pixels = picture(channels).astype(dtype) * (257 if dtype == np.uint16 else 1)
    data = run(tf.image.encode_png(pixels))
    assert (run(tf.image.decode_png(data)) == picture(channels)).all()


def test_several_images_become_several_files():
    files = run(tf.image.encode_png(np.stack([picture(), picture() + 1])))
    assert files.shape == (2,)
    assert (run(tf.image.decode_png(files[1])) == picture() + 1).all()


@pytest.mark.parametrize("options", [{}, {"progressive": True, "chroma_downsampling": False}])
def test_jpeg_files_look_like_the_image(options):
    data = run(tf.image.encode_jpeg(picture(), quality=98, **options))
    off = np.abs(run(tf.image.decode_jpeg(data)).astype(int) - picture().astype(int))
    assert np.median(off) <= 4


@pytest.mark.oracle
def test_tensorflow_reads_the_files(oracle):
    files = [
        run(tf.image.encode_png(picture(4))),
        run(tf.image.encode_png(picture().astype(np.uint16) * 257)),
        run(tf.image.encode_jpeg(picture())),
    ]
    theirs = oracle.run(
        """
        with tf.Session() as session:
            result = session.run([tf.image.decode_image(data) for data in files])
        """,
        files=files,
    )
    assert (theirs[0] == picture(4)).all()
    assert (theirs[1] == picture()).all()
    assert np.abs(theirs[2].astype(int) - run(tf.image.decode_jpeg(files[2]))).max() <= 1


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_cut_off_are_refused(name):
    data = FILES[name]
    for size in (0, 1, 3, 9, 30, len(data) // 2):
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(tf.image.decode_image(data[:size]))


def test_an_image_that_lies_about_its_size_is_refused():
    def chunk(name, data):
        end = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + end

    for width, height in ((100_000, 100_000), (5000, 5000)):
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"x"))
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(tf.image.decode_png(data + chunk(b"IEND", b"")))


def test_metadata_go_into_a_jpeg_file() -> None:
    pixels = np.zeros([8, 8, 3], np.uint8)
    plain, described = (
        tf.image.encode_jpeg(pixels),
        tf.image.encode_jpeg(pixels, xmp_metadata="<x/>"),
    )
    with tf.Session() as session:
        first, second = session.run([plain, described])
        # As TensorFlow writes it: after the segment of 20 bytes with the densities.
        assert (
            second
            == first[:20] + b"\xff\xe1\x00\x23http://ns.adobe.com/xap/1.0/\0<x/>" + first[20:]
        )
        assert (session.run(tf.image.decode_jpeg(described)) == 0).all()
        with pytest.raises(tf.errors.InvalidArgumentError, match="too many"):
            session.run(tf.image.encode_jpeg(pixels, xmp_metadata="x" * 70_000))


def png_chunks(data):
    """Return the chunks of a PNG file, with what is around them."""
    chunks, at = [], 8
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        chunks.append(data[at:end])
        at = end
    return chunks


def flipped(chunk):
    """Return a chunk with another checksum."""
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


PNG_HEAD, PNG_PIXELS, PNG_END = png_chunks(FILES["png"])
PNG_TEXT = struct.pack(">I", 3) + b"tEXtk\0v" + struct.pack(">I", zlib.crc32(b"tEXtk\0v"))
PNG_UNKNOWN = struct.pack(">I", 1) + b"ABCDx" + struct.pack(">I", zlib.crc32(b"ABCDx"))


# What TensorFlow says of each was asked.
@pytest.mark.parametrize(
    "chunks",
    [
        [PNG_HEAD, PNG_PIXELS],
        [PNG_HEAD, PNG_PIXELS, PNG_END[:-1]],
        [PNG_HEAD, PNG_PIXELS[:-4]],
        [PNG_HEAD, PNG_PIXELS[:-8]],
        [PNG_HEAD, flipped(PNG_PIXELS), PNG_END],
        [PNG_HEAD, PNG_PIXELS, flipped(PNG_END)],
        [PNG_HEAD, PNG_PIXELS, PNG_TEXT[:-3]],
        [PNG_HEAD, PNG_UNKNOWN, PNG_PIXELS, PNG_END],
        [PNG_HEAD, PNG_PIXELS, b"\xff\xff\xff\xffIEND"],
    ],
)
@pytest.mark.parametrize("dtype", [tf.uint8, tf.uint16])
def test_a_png_file_that_is_cut_off_or_damaged_is_refused(chunks, dtype):
    data = FILES["png"][:8] + b"".join(chunks)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match=f"Invalid PNG data, size {len(data)}"),
    ):
        session.run(tf.image.decode_png(data, dtype=dtype))


@pytest.mark.parametrize(
    "chunks",
    [
        [PNG_HEAD, PNG_TEXT, PNG_PIXELS, PNG_END, b"junk"],
        [PNG_HEAD, flipped(PNG_TEXT), PNG_PIXELS, PNG_END],
        [PNG_HEAD, PNG_PIXELS, flipped(PNG_TEXT), PNG_END],
    ],
)
def test_what_a_png_file_does_not_need_may_be_damaged(chunks):
    data = FILES["png"][:8] + b"".join(chunks)
    with tf.Session() as session:
        assert np.array_equal(session.run(tf.image.decode_png(data)), picture())
