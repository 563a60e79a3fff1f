"""Which module of tensormill stands for which module that summaries are made or written by."""

from __future__ import annotations

__all__ = ["SUMMARY_ROWS"]

SUMMARY_ROWS = {
    "python.summary.plugin_asset": "summary.plugin_asset",
    "python.summary.summary": "summary",
    "python.summary.summary_iterator": "summary.summary_iterator",
    "python.summary.writer.event_file_writer": "summary.event_file_writer",
    "python.summary.writer.writer": "summary.file_writer",
    "python.summary.writer.writer_cache": "summary.file_writer_cache",
    "python.ops.summary_op_util": "ops.summaries",
    "python.ops.summary_ops_v2": """
        summary.default_writer summary.writers train.recorded_summaries summary.description
        create_file_writer_v2=summary.writers.create_file_writer_v2
        summary_scope=summary.plugin_summaries.tag_scope
        write=summary.plugin_summaries.write
        write_raw_pb=summary.plugin_summaries.write_raw_pb
        run_metadata=summary.plugin_summaries.run_metadata
        run_metadata_graphs=summary.plugin_summaries.run_metadata_graphs
        keras_model=summary.plugin_summaries.keras_model
        trace_on=summary.plugin_summaries.trace_on
        trace_off=summary.plugin_summaries.trace_off
        trace_export=summary.plugin_summaries.trace_export
        _flush_fn=summary.writers.flush
        _should_record_summaries_v2=summary.default_writer.should_record_unless_told
        _INVALID_SCOPE_CHARACTERS=tensorflow_modules.plain_values.INVALID_SCOPE_CHARACTERS""",
    "python.training.tensorboard_logging": "tensorflow_modules.summary_logging",
}
