"""`tf.contrib.testing`: checks of summaries."""

from tensormill.unittesting.summary_checks import (
    FakeSummaryWriter,
    assert_summary,
    latest_event_file,
    latest_events,
    latest_summaries,
    simple_values_from_events,
    to_summary_proto,
)
