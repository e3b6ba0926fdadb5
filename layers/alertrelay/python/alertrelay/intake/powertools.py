"""What the intake has of Powertools, imported without the query language and the type hints that it does not use."""

from __future__ import annotations

from alertrelay.intake.postponed import postponed

with postponed("aws_lambda_powertools.utilities.jmespath_utils", "typing_extensions"):
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
    from aws_lambda_powertools.shared.cookies import Cookie, SameSite

__all__ = ["APIGatewayHttpResolver", "Cookie", "Response", "SameSite"]
