"""The events of RDS and Aurora by their id: category and severity, the same by EventBridge and by SNS.

Source: Amazon RDS and Amazon Aurora user guides, "Amazon RDS event categories and event messages", for id and category.
The events have no severity of their own; these are ours. critical: the database is down, or will be without help, or a
failover failed. error: something failed that the database runs without for now. warning: it was interrupted, changed by
others than its owner, or needs somebody in days. info: what was asked for, and what ended well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TABLE: tuple[tuple[str, str, str], ...] = (
    ("availability", "critical", "0022 0221 0419"),
    ("availability", "error", "0222 0330"),
    ("availability", "warning", "0004 0006 0331 0396"),
    ("backtrack", "warning", "0131"),
    ("backtrack", "info", "0132"),
    ("backup", "error", "0086"),
    ("backup", "info", "0001 0002 0074 0075 0168 0169"),
    ("configuration change", "error", "0067"),
    ("configuration change", "warning", "0028 0033 0180 0214 0215 0332 0333 0383"),
    (
        "configuration change",
        "info",
        "0011 0012 0014 0016 0017 0018 0024 0025 0029 0030 0032 0037 0038 0078 0092 0179 0204 0207 0213 0217 0218 0295"
        " 0296 0334 0335",
    ),
    ("creation", "error", "0320"),
    ("creation", "info", "0005 0040 0042 0090 0091 0170 0203 0206 0244 0316 0317 0318 0319"),
    ("deletion", "warning", "0003 0041 0171 0205 0208"),
    ("deletion", "info", "0246"),
    ("failover", "critical", "0069"),
    ("failover", "warning", "0013 0015 0034 0049 0050 0051 0065 0070 0071 0072 0073"),
    ("global failover", "critical", "0187 0239"),
    ("global failover", "warning", "0181 0182 0183 0184 0185 0186 0238 0240 0423"),
    ("global failover", "info", "0241 0397"),
    ("failure", "critical", "0031 0035 0036 0418"),
    (
        "failure",
        "error",
        "0058 0079 0080 0081 0082 0083 0143 0165 0188 0198 0223 0243 0245 0252 0254 0277 0278 0279 0280 0281 0282"
        " 0283 0284 0285 0306 0310 0315 0324 0328 0329 0353 0354 0355 0356 0387 0421 0484 0489",
    ),
    ("failure", "warning", "0039 0219 0220 0224 0237 0249 0275 0420"),
    ("low storage", "critical", "0007 0227"),
    ("low storage", "error", "0089"),
    ("maintenance", "error", "0174 0195 0270 0305 0369 0389 0412 0425 0429"),
    ("maintenance", "warning", "0026 0266 0287 0302 0388 0394 0395 0422 0424 0501 0502"),
    (
        "maintenance",
        "info",
        "0027 0047 0155 0156 0173 0176 0177 0178 0191 0192 0193 0194 0264 0265 0267 0268 0269 0286 0288 0289 0290 0303"
        " 0304 0363 0366 0367 0368 0398 0399 0410 0413 0414 0417",
    ),
    ("notification", "critical", "0403 0404"),
    ("notification", "error", "0076 0077 0084 0085 0152 0157 0158 0159 0162 0231 0234 0327 0391 0426"),
    (
        "notification",
        "warning",
        "0044 0048 0054 0055 0056 0061 0087 0144 0145 0149 0150 0153 0154 0160 0163 0167 0189 0190 0225 0235 0253 0297"
        " 0298 0307 0325 0326 0365 0385 0390 0409 0486 0491 0512",
    ),
    (
        "notification",
        "info",
        "0059 0060 0064 0088 0141 0142 0146 0147 0148 0151 0161 0164 0172 0196 0197 0236 0247 0248 0250 0251 0308 0321"
        " 0322 0323 0370 0371 0372 0373 0374 0386 0405 0406 0487 0488 0492 0493 0513",
    ),
    ("read replica", "error", "0045 0057 0202"),
    ("read replica", "warning", "0062 0063 0233 0358 0359 0360 0416"),
    ("read replica", "info", "0046 0357 0411 0415"),
    ("recovery", "critical", "0020"),
    ("recovery", "warning", "0021 0023 0052 0053 0066 0361"),
    ("recovery", "info", "0166 0362"),
    ("restoration", "info", "0019 0043"),
    ("security", "warning", "0068"),
    ("security patching", "info", "0230"),
)
_EVENTS: Mapping[str, tuple[str, str]] = {
    number: (category, severity) for category, severity, numbers in _TABLE for number in numbers.split()
}
_ID = re.compile(r"RDS-EVENT-(?P<number>[0-9]{4})\b", re.IGNORECASE)
"""Neptune and DocumentDB write their events with ids of RDS too."""


def category_of(event_id: str) -> str:
    """Return the category of an event, "" where its id is not in the table."""
    return _of(event_id)[0]


def severity_of(event_id: str) -> str:
    """Return the severity of an event, "" where its id is not in the table."""
    return _of(event_id)[1]


def _of(event_id: str) -> tuple[str, str]:
    found = _ID.search(event_id[-200:])
    return _EVENTS.get(found["number"], ("", "")) if found else ("", "")
