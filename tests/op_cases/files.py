"""Cases of whole files and the names of files."""

from tests.op_cases.case import OpCase, OpProgram

CASES = [
    OpProgram(
        ("WriteFile", "ReadFile", "MatchingFiles"),
        """
        import os, tempfile
        holder = tempfile.TemporaryDirectory()
        folder = holder.name
        def path(name):
            return os.path.join(folder, name)
        name, content = tf.placeholder(tf.string, []), tf.placeholder(tf.string, [])
        write, read = tf.write_file(name, content), tf.read_file(name)
        pattern = tf.placeholder(tf.string)
        matching = tf.matching_files(pattern)
        result = [read.shape.as_list(), matching.shape.as_list(), read.op.type, write.type]
        with tf.Session() as session:
            for item in ("b", "a1", "a2", ".hidden", "deep/er/c"):
                session.run(write, {name: path(item), content: item.encode() * 3})
            result.append(session.run(read, {name: path("deep/er/c")}))
            for given in ("*", "a?", "a[2-9]", "none*", "deep/*/c", "b"):
                found = session.run(matching, {pattern: path(given)})
                result.append([text.replace(folder.encode(), b"") for text in found])
            found = session.run(matching, {pattern: [path("b"), path("a*")]})
            result.append([text.replace(folder.encode(), b"") for text in found])
            for step in (read, write):
                for wrong in (path("nothing/here"), path("deep"), path("b/x")):
                    try:
                        session.run(step, {name: wrong, content: b"x"})
                        result.append("done")
                    except tf.errors.OpError as error:
                        text = error.message.partition("\\n\\t")[0].rpartition("\\n")[2]
                        result += [type(error).__name__, text.replace(folder, "")]
        holder.cleanup()
        """,
    ),
    OpCase("MatchingFiles", [b"/nonexistent/*"]),
    OpCase("ReadFile", [b"/nonexistent/x"], fails="/nonexistent/x; No such file or directory"),
]
