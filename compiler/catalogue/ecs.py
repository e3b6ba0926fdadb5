"""Defines the alarms of ECS services and of their cluster's instances."""

from __future__ import annotations

from compiler.catalogue.rule import Metric, Rule, When, critical, warning

NAMESPACE = "AWS/ECS"
INSIGHTS_NAMESPACE = "ECS/ContainerInsights"
SLOW = "Requests of the service slow down and time out."
KILLED = "A task that exceeds its memory is killed and restarted: its requests fail."

INSIGHTS = When(text="with `container_insights`", holds=lambda f: "insights" in f.flags)
ENHANCED = When(text="with `container_insights: enhanced`", holds=lambda f: "enhanced" in f.flags)
FARGATE_INSIGHTS = When(
    text="Fargate with `container_insights`", holds=lambda f: "insights" in f.flags and "ec2" not in f.flags
)
EC2_INSIGHTS = When(text="EC2 with `container_insights`", holds=lambda f: "insights" in f.flags and "ec2" in f.flags)
EC2 = When(text="launch type EC2", holds=lambda f: "ec2" in f.flags)
VOLUME = When(text="with `ebs_volume: true`", holds=lambda f: "ebs_volume" in f.flags)
ENHANCED_VOLUME = When(
    text="with `container_insights: enhanced` and `ebs_volume: true`",
    holds=lambda f: ENHANCED.holds(f) and VOLUME.holds(f),
)


def _usage(alertname: str, metric: str, key: str, category: str, what: str, impact: str, when: When) -> Rule:
    """Returns one of the alarms of enhanced Container Insights, for which AWS recommends 80 % throughout."""
    return Rule(
        alertname=alertname,
        parts=("service",),
        namespace=INSIGHTS_NAMESPACE,
        metrics=(Metric(name=metric, statistic="Average"),),
        operator=">",
        unit="percent",
        key=key,
        key_unit="percent",
        category=category,
        what=what,
        impact=impact,
        when=when,
        levels=(warning(80, 5, 5, "AWS recommends 80 %.", "P"),),
    )


RULES = (
    Rule(
        alertname="ECSHighCPU",
        parts=("service",),
        namespace=NAMESPACE,
        metrics=(Metric("CPUUtilization", "Average"),),
        operator=">",
        unit="percent",
        key="cpu",
        key_unit="percent",
        category="cpu",
        what="CPU",
        impact=SLOW,
        levels=(
            warning(
                80,
                10,
                10,
                "The team's requirement; AWS's newer recommendation is 80 % too. Scaling out should have acted.",
                "R,P",
            ),
            critical(90, 5, 5, "This is the alarm that AWS recommends.", "A"),
        ),
    ),
    Rule(
        alertname="ECSHighMemory",
        parts=("service",),
        namespace=NAMESPACE,
        metrics=(Metric("MemoryUtilization", "Average"),),
        operator=">",
        unit="percent",
        key="memory",
        key_unit="percent",
        category="memory",
        what="Memory",
        impact=KILLED,
        levels=(
            warning(80, 5, 5, "AWS's newer recommendation is 80 %.", "P"),
            critical(
                90, 5, 5, "AWS recommends 90 %: all tasks together are near the point where they are killed.", "A"
            ),
        ),
    ),
    Rule(
        alertname="ECSTaskLeaksMemory",
        parts=("service",),
        namespace=NAMESPACE,
        metrics=(Metric("MemoryUtilization", "Maximum"),),
        operator=">",
        unit="percent",
        key="task_memory",
        key_unit="percent",
        category="memory",
        what="Memory of the fullest task",
        impact=KILLED,
        levels=(
            warning(95, 5, 5, "The average hides one task that leaks: at 95 % this one is about to be killed.", "X"),
        ),
    ),
    Rule(
        alertname="ECSClusterHighCPUReservation",
        parts=("cluster",),
        namespace=NAMESPACE,
        metrics=(Metric("CPUReservation", "Average"),),
        operator=">",
        unit="percent",
        key="cpu_reservation",
        key_unit="percent",
        category="cpu",
        what="Reserved CPU",
        impact="New tasks find no instance: deployments hang and scaling out does nothing.",
        when=EC2,
        levels=(warning(80, 5, 5, "AWS recommends 80 %.", "P"),),
    ),
    Rule(
        alertname="ECSClusterHighMemoryReservation",
        parts=("cluster",),
        namespace=NAMESPACE,
        metrics=(Metric("MemoryReservation", "Average"),),
        operator=">",
        unit="percent",
        key="memory_reservation",
        key_unit="percent",
        category="memory",
        what="Reserved memory",
        impact="New tasks find no instance: deployments hang and scaling out does nothing.",
        when=EC2,
        levels=(warning(80, 5, 5, "AWS recommends 80 %.", "P"),),
    ),
    Rule(
        alertname="ECSHighVolumeUsage",
        parts=("service",),
        namespace=NAMESPACE,
        metrics=(Metric("EBSFilesystemUtilization", "Average"),),
        operator=">",
        unit="percent",
        key="volume",
        key_unit="percent",
        category="disk",
        what="Used share of the EBS volumes",
        impact="A task that cannot write fails.",
        when=VOLUME,
        levels=(
            warning(80, 5, 5, "AWS recommends 80 %.", "P"),
            critical(92, 5, 5, "The rest fills up within hours at any steady growth.", "X"),
        ),
    ),
    Rule(
        alertname="ECSTasksMissing",
        parts=("service",),
        namespace=INSIGHTS_NAMESPACE,
        metrics=(
            Metric("DesiredTaskCount", "Average"),
            Metric("RunningTaskCount", "Average"),
        ),
        expression="a - b",
        operator=">",
        unit="count",
        key="missing_tasks",
        key_unit="count",
        category="availability",
        what="Number of tasks that should be running and are not",
        says="{called} has fewer tasks than it should",
        impact="Fewer tasks carry the load: the others slow down, or requests fail.",
        missing="breaching",
        missing_why="a service without a task may report nothing",
        when=INSIGHTS,
        high=10_000,
        levels=(warning(0, 10, 10, "A task starts within minutes: after ten it will not come up.", "X"),),
    ),
    Rule(
        alertname="ECSNoTasks",
        parts=("service",),
        namespace=INSIGHTS_NAMESPACE,
        metrics=(
            Metric("DesiredTaskCount", "Average"),
            Metric("RunningTaskCount", "Average"),
        ),
        expression="IF(a > 0, b, 1)",
        operator="<=",
        unit="count",
        key="",
        category="availability",
        what="Number of running tasks",
        says="{called} has no running task",
        impact="The service is down.",
        missing="breaching",
        missing_why="a service without a task may report nothing",
        when=INSIGHTS,
        levels=(
            critical(
                0,
                5,
                5,
                "AWS recommends 0 for 5 minutes; a service that was scaled to 0 on purpose counts as running.",
                "A,P",
                down=True,
            ),
        ),
    ),
    Rule(
        alertname="ECSHighEphemeralStorage",
        parts=("service",),
        namespace=INSIGHTS_NAMESPACE,
        metrics=(
            Metric("EphemeralStorageUtilized", "Average"),
            Metric("EphemeralStorageReserved", "Average"),
        ),
        expression="100 * a / b",
        operator=">",
        unit="percent",
        key="ephemeral_storage",
        key_unit="percent",
        category="disk",
        what="Used share of the ephemeral storage",
        impact="A task that cannot write fails.",
        when=FARGATE_INSIGHTS,
        levels=(
            warning(
                80, 5, 5, "A share of what was reserved fits every size of task; AWS names no number in GB.", "A,X"
            ),
        ),
    ),
    _usage("ECSTaskHighCPU", "TaskCpuUtilization", "task_cpu", "cpu", "CPU of the tasks", SLOW, ENHANCED),
    _usage(
        "ECSTaskHighMemory", "TaskMemoryUtilization", "tasks_memory", "memory", "Memory of the tasks", KILLED, ENHANCED
    ),
    _usage(
        "ECSContainerHighCPU",
        "ContainerCpuUtilization",
        "container_cpu",
        "cpu",
        "CPU of the containers",
        SLOW,
        ENHANCED,
    ),
    _usage(
        "ECSContainerHighMemory",
        "ContainerMemoryUtilization",
        "container_memory",
        "memory",
        "Memory of the containers",
        KILLED,
        ENHANCED,
    ),
    _usage(
        "ECSTaskHighEphemeralStorage",
        "TaskEphemeralStorageUtilization",
        "task_ephemeral_storage",
        "disk",
        "Used share of the tasks' ephemeral storage",
        "A task that cannot write fails.",
        ENHANCED,
    ),
    _usage(
        "ECSTaskHighVolumeUsage",
        "TaskEBSFilesystemUtilization",
        "task_volume",
        "disk",
        "Used share of the tasks' EBS volumes",
        "A task that cannot write fails.",
        ENHANCED_VOLUME,
    ),
    Rule(
        alertname="ECSInstanceDiskFull",
        parts=("cluster",),
        namespace=INSIGHTS_NAMESPACE,
        metrics=(Metric("instance_filesystem_utilization", "Average"),),
        operator=">",
        unit="percent",
        key="instance_disk",
        key_unit="percent",
        category="disk",
        what="Used share of the instances' disks",
        impact="New tasks cannot pull their image, and logs are lost.",
        when=EC2_INSIGHTS,
        levels=(warning(90, 5, 5, "AWS recommends 90 %.", "P"),),
    ),
)
