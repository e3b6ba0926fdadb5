"""alertrelay: a serverless alert relay for AWS. docs/architecture.md maps the rooms."""

__version__ = "0.1.0"
