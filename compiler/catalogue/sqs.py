"""Defines the alarms of SQS queues and of their dead-letter queues."""

from __future__ import annotations

from compiler.catalogue.rule import Metric, Rule, When, critical, warning

NAMESPACE = "AWS/SQS"
LATE = "Messages are processed late, and lost when the queue's retention ends."
BACKLOG = When(
    text="with a number under `thresholds.messages`, or `anomaly: [messages]`", holds=lambda f: "messages" in f.flags
)
DEAD_LETTERS = When(text="with `dead_letter_queue`", holds=lambda f: "dead_letter_queue" in f.flags)

RULES = (
    Rule(
        alertname="SQSOldMessages",
        parts=("queue",),
        namespace=NAMESPACE,
        metrics=(Metric("ApproximateAgeOfOldestMessage", "Maximum"),),
        operator=">",
        unit="seconds",
        key="age",
        key_unit="seconds",
        category="queue",
        what="Age of the oldest message",
        impact=LATE,
        missing="notBreaching",
        missing_why="an idle, empty queue reports nothing",
        high=1_209_600,
        levels=(
            warning(
                300,
                5,
                5,
                "Consumers that keep up take a message within seconds; set more where waiting is normal.",
                "X",
            ),
            critical(1800, 5, 5, "After half an hour nothing reads this queue, or far too slowly.", "X", down=True),
        ),
    ),
    Rule(
        alertname="SQSBacklog",
        parts=("queue",),
        namespace=NAMESPACE,
        metrics=(Metric("ApproximateNumberOfMessagesVisible", "Maximum"),),
        operator=">",
        unit="count",
        key="messages",
        key_unit="count",
        category="queue",
        what="Number of waiting messages",
        impact=LATE,
        missing="notBreaching",
        missing_why="an idle, empty queue reports nothing",
        when=BACKLOG,
        band=True,
        high=1_000_000_000,
        levels=(warning(1_000, 10, 10, "How many are too many depends on the consumers.", "X"),),
    ),
    Rule(
        alertname="SQSDeadLetters",
        parts=("dead-letters",),
        namespace=NAMESPACE,
        metrics=(Metric("ApproximateNumberOfMessagesVisible", "Maximum"),),
        operator=">",
        unit="count",
        key="dead_letters",
        key_unit="count",
        category="queue",
        what="Number of dead letters",
        says="{called} holds messages",
        impact="Messages failed every attempt: they stay unprocessed, and are deleted when the retention ends.",
        missing="notBreaching",
        missing_why="an idle, empty queue reports nothing",
        when=DEAD_LETTERS,
        high=1_000_000_000,
        levels=(warning(0, 1, 1, "A dead-letter queue should be empty.", "X"),),
    ),
)
