"""Cases of images as files; how pixels compare is in tests/ops/test_image_codecs.py."""

import base64

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

RAMP = (np.add.outer(np.arange(6) * 9, np.arange(7) * 5)[..., None] + np.arange(3) * 40).astype(
    np.uint8
)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=")


CASES = [
    OpProgram(
        ("EncodePng", "DecodePng", "DecodeImage"),
        f"""
        ramp = np.array({RAMP.tolist()}, np.uint8)
        with tf.Session() as session:
            files = session.run(tf.raw_ops.EncodePng(image=np.stack([ramp, ramp + 1])))
            wide = session.run(tf.raw_ops.EncodePng(image=ramp.astype(np.uint16) * 257))
            result = [files.shape]
            for file in (*files, wide):
                result.append(session.run(tf.raw_ops.DecodePng(contents=file)))
                result.append(session.run(tf.raw_ops.DecodeImage(contents=file)))
        """,
    ),
    OpProgram(
        ("EncodePng", "DecodePng"),
        """
        pixels = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4) * 2719
        result = []
        with tf.Session() as session:
            for count in (1, 2, 3, 4):
                file = session.run(tf.raw_ops.EncodePng(image=pixels[..., :count]))
                for channels in (0, 3, 4):
                    image = tf.raw_ops.DecodePng(contents=file, channels=channels, dtype=tf.uint16)
                    result.append(session.run(image))
        """,
    ),
    OpProgram(
        (
            "EncodeJpeg",
            "EncodeJpegVariableQuality",
            "DecodeJpeg",
            "ExtractJpegShape",
            "DecodeAndCropJpeg",
        ),
        f"""
        ramp = np.array({RAMP.tolist()}, np.uint8)
        raw = tf.raw_ops
        with tf.Session() as session:
            file = session.run(raw.EncodeJpeg(image=ramp, quality=90))
            other = session.run(raw.EncodeJpegVariableQuality(images=ramp, quality=50))
            result = [session.run(raw.ExtractJpegShape(contents=file, output_type=tf.int64))]
            for item in (file, other):
                whole = session.run(raw.DecodeJpeg(contents=item))
                part = session.run(raw.DecodeAndCropJpeg(contents=item, crop_window=[1, 2, 3, 4]))
                result += [whole.shape, part.shape, bool((whole[1:4, 2:6] == part).all())]
        """,
    ),
    OpCase("DecodeGif", [GIF]),
    OpCase(
        "DecodeBmp",
        [
            b"BM"
            + (54 + 16).to_bytes(4, "little")
            + bytes(4)
            + (54).to_bytes(4, "little")
            + (40).to_bytes(4, "little")
            + (2).to_bytes(4, "little")
            + (2).to_bytes(4, "little")
            + b"\x01\x00\x18\x00"
            + bytes(24)
            + bytes(range(16))
        ],
    ),
    OpCase("DecodePng", [b""], fails="Input is empty."),
    OpCase("DecodeJpeg", [b"junk"], fails="Unknown image file format."),
]
