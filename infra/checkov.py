"""Answers checkov's findings beside the resources: what its rules ask for that is not done, and why not.

Checkov reads the answers from the template (`Metadata: checkov: skip`), so a finding without one fails `make checkov`.
"""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
import jsii
from constructs import IConstruct

_OWN_KEY = "docs/security.md: a key of your own is one more thing without which an alert is not delivered"
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "AWS::KMS::Key": {
        "CKV_AWS_33": "Auto Scaling, ElastiCache and named publishers are known by conditions: infra/publishers.py",
    },
    "AWS::SQS::Queue": {
        "CKV_AWS_27": "encrypted with the key of SQS (SqsManagedSseEnabled), which the rule does not know; " + _OWN_KEY,
    },
    "AWS::DynamoDB::Table": {"CKV_AWS_119": "encrypted with the key of DynamoDB; " + _OWN_KEY},
    "AWS::SecretsManager::Secret": {"CKV_AWS_149": "encrypted with the key of Secrets Manager; " + _OWN_KEY},
    "AWS::Logs::LogGroup": {"CKV_AWS_158": "encrypted with the key of CloudWatch Logs; " + _OWN_KEY},
    "AWS::Lambda::Function": {
        "CKV_AWS_115": "an option, reserved_concurrency: it takes from what the account's other functions share",
        "CKV_AWS_116": "an on-failure destination holds the event with its error; for a hook CodeDeploy's timeout does",
        "CKV_AWS_117": "docs/security.md: a VPC puts a NAT gateway between an alert and a person",
        "CKV_AWS_173": "names and addresses only, no secrets; encrypted with the key of Lambda",
    },
    "AWS::S3::Bucket": {
        "CKV_AWS_18": "statistics of metrics, read by one function; learned anew where they are lost",
        "CKV_AWS_21": "each run replaces its objects: versions would be kept of what the next run makes worthless",
    },
}
NO_OWN_KEY = {"CKV_AWS_26": "on purpose: the alert that the key is missing must not need the key (infra/topics.py)"}


@jsii.implements(cdk.IAspect)
class CheckovAnswers:
    """Writes the answers for each resource into its metadata."""

    def visit(self, node: IConstruct) -> None:
        """Called by the CDK for each construct of a stage."""
        if not isinstance(node, cdk.CfnResource):
            return
        answers = ANSWERS.get(node.cfn_resource_type, {})
        if node.cfn_resource_type == "AWS::SNS::Topic" and not getattr(node, "kms_master_key_id", None):
            answers = NO_OWN_KEY
        if answers:
            skip = [{"id": check, "comment": reason} for check, reason in answers.items()]
            node.add_metadata("checkov", {"skip": skip})
