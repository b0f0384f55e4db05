"""Turn a SARIF report into GitLab's Code Quality report: `code_quality.py REPORT.sarif REPORT.json`."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def issue(result: dict[str, Any]) -> dict[str, Any]:
    """One finding as GitLab wants it; its fingerprint stays when lines move."""
    place = result["locations"][0]["physicalLocation"]
    return {
        "description": result["message"]["text"],
        "check_name": result["ruleId"],
        "fingerprint": "/".join(value for _, value in sorted(result["partialFingerprints"].items())),
        "severity": SEVERITIES[result["level"]],
        "location": {
            "path": unquote(place["artifactLocation"]["uri"]),
            "lines": {"begin": place.get("region", {}).get("startLine", 1)},
        },
    }


source, target = map(Path, sys.argv[1:])
report = json.loads(source.read_text(encoding="utf-8"))
issues = [issue(result) for run in report["runs"] for result in run["results"]]
target.write_text(json.dumps(issues, indent=2), encoding="utf-8")
