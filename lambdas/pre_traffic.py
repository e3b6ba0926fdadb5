"""Checks new versions of the functions before they get traffic: invoked by CodeDeploy in a deploy."""

from alertrelay.runtime.pre_traffic import check_versions

handler = check_versions
