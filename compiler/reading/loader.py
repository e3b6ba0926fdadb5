"""Reads YAML as PyYAML does, and takes tabs between tokens where Alertmanager's own loader does."""

from __future__ import annotations

import yaml


class TabLoader(yaml.SafeLoader):
    """Skips tabs behind a value, behind `key:` and before a comment, and refuses them as indentation.

    Source: go-yaml v2, scannerc.go, yaml_parser_scan_to_next_token: a tab is skipped within brackets, and where no
    simple key can begin.
    """

    def scan_to_next_token(self) -> None:
        """Skips blanks, comments and line breaks before the next token, as PyYAML's own, and such tabs."""
        if self.index == 0 and self.peek() == "\ufeff":
            self.forward()
        while True:
            while self.peek() == " " or (self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0\r\n\x85\u2028\u2029":
                    self.forward()
            if not self.scan_line_break():  # type: ignore[no-untyped-call]
                return
            if not self.flow_level:
                self.allow_simple_key = True
