"""`tf.contrib.summary`: summaries that a graph writes by itself."""

from tensormill.summary.default_writer import should_record_summaries
from tensormill.summary.description import all_v2_summary_ops as all_summary_ops
from tensormill.summary.writers import (
    SummaryWriter,
    create_file_writer,
    create_summary_file_writer,
    eval_dir,
    flush,
    import_event,
    initialize,
    summary_writer_initializer_op,
)
from tensormill.train.recorded_summaries import (
    always_record_summaries,
    audio,
    generic,
    graph,
    histogram,
    image,
    never_record_summaries,
    record_summaries_every_n_global_steps,
    scalar,
)
