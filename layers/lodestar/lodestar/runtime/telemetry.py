"""What functions tell CloudWatch: log lines and metrics."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

logger = Logger(service="lodestar")
metrics = Metrics(namespace="Lodestar", service="api")


def count(name: str) -> None:
    """Add one to a metric; it leaves when the answer does."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def count_failed_message(function: str) -> None:
    """Add one to the metric of messages that could not be worked on, at once, by function."""
    with single_metric("MessagesFailed", MetricUnit.Count, 1, namespace="Lodestar") as metric:
        metric.add_dimension("function", function)


class TelemetryErrorReporter:
    """Reports errors as log lines, each with the request id, and counts them as the metric `Faults`."""

    def report(self, name: str, error: Exception) -> None:
        """Log an error with its traceback, and count it."""
        logger.error(name, exc_info=error)
        count("Faults")
